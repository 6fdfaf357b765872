"""What stands around a map besides its legends: the time slider, and the panel that says how to read the page."""

from collections.abc import Sequence
from dataclasses import dataclass

from branca.element import MacroElement
from folium.template import Template

from spatialgov.language import t
from spatialgov_maps.base import LegendLayer, script_json

__all__ = ["Frame", "Panel", "TimeSlider"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One stop of the slider.

    Attributes
    ----------
    label
        What it shows: an hour, a month.
    note
        A line about it, such as how many incidents it holds.
    height
        Of its bar over the slider, 0 to 1.
    """

    label: str
    note: str
    height: float


class TimeSlider(MacroElement):
    """A bar under the map that moves a layer through time: play and pause, a slider that the keyboard moves, bars.

    Parameters
    ----------
    layer
        A layer with frames: `RasterLayer`, or cells with frames.
    frames
        One for each of the layer's.
    name
        What the slider is for.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            spatialgov.slider({{ this._parent.get_name() }}, {{ this.layer }}, {{ this.spec }});
        {% endmacro %}
        """
    )

    def __init__(self, layer: LegendLayer, frames: Sequence[Frame], name: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "TimeSlider"
        self.layer = layer.get_name()
        self.spec = script_json(
            {
                "name": name,
                "play": t("Play", "播放"),
                "pause": t("Pause", "暂停"),
                "frames": [[frame.label, frame.note, round(frame.height, 3)] for frame in frames],
            }
        )


class Panel(MacroElement):
    """A card on the map: sentences, and optionally a table.

    Parameters
    ----------
    title
        What it is about.
    paragraphs
        Sentences.
    head, rows
        A table: its column names, then its rows.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            spatialgov.panel({{ this._parent.get_name() }}, {{ this.spec }});
        {% endmacro %}
        """
    )

    def __init__(
        self, title: str, paragraphs: Sequence[str], head: Sequence[str] = (), rows: Sequence[Sequence[str]] = ()
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Panel"
        self.spec = script_json(
            {"title": title, "paragraphs": list(paragraphs), "head": list(head), "rows": [list(row) for row in rows]}
        )
