"""What stands around a map besides its legends: the time slider, and the panel that says how to read the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from branca.element import MacroElement
from folium.template import Template

from spatialgov.language import t
from spatialgov_maps.base import LegendLayer, script_json

__all__ = ["Curve", "Frame", "Panel", "TimeSlider"]


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


@dataclass(frozen=True, slots=True)
class Curve:
    """What comes of more and more of something, as a line.

    Attributes
    ----------
    name
        What comes of it.
    across
        What there is more of.
    points
        (x, y) rising in x, one at least.
    texts
        What each point tells.
    y_ticks
        Values of y that get a line, with their texts; the first is the lowest that is shown, the last the highest.
    """

    name: str
    across: str
    points: Sequence[tuple[float, float]]
    texts: Sequence[str]
    y_ticks: Sequence[tuple[float, str]]

    def spec(self) -> dict[str, Any]:
        """Give the curve in the unit square, as `report.js` draws it."""
        low, high = self.y_ticks[0][0], self.y_ticks[-1][0]
        width, height = max(self.points[-1][0], 1e-9), max(high - low, 1e-9)
        steps = dict.fromkeys((0, round(self.points[-1][0] / 2), round(self.points[-1][0])))
        return {
            "name": self.name,
            "across": self.across,
            "points": [
                [round(x / width, 4), round((y - low) / height, 4), text]
                for (x, y), text in zip(self.points, self.texts, strict=True)
            ],
            "xTicks": [[round(x / width, 4), f"{x:,}"] for x in steps],
            "yTicks": [[round((y - low) / height, 4), text] for y, text in self.y_ticks],
        }


class Panel(MacroElement):
    """A card on the map: sentences, and optionally a table and a curve.

    Parameters
    ----------
    title
        What it is about.
    paragraphs
        Sentences.
    head, rows
        A table: its column names, then its rows.
    curve
        Shown between table and sentences.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            spatialgov.panel({{ this._parent.get_name() }}, {{ this.spec }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        title: str,
        paragraphs: Sequence[str],
        head: Sequence[str] = (),
        rows: Sequence[Sequence[str]] = (),
        *,
        curve: Curve | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Panel"
        self.spec = script_json(
            {
                "title": title,
                "paragraphs": list(paragraphs),
                "head": list(head),
                "rows": [list(row) for row in rows],
                "curve": curve and curve.spec(),
            }
        )
