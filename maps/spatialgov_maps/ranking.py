"""A ranked list beside a map: a row leads to its place, a place to its row; on paper the list stands below the map."""

from collections.abc import Sequence
from dataclasses import dataclass

from branca.element import MacroElement
from folium.template import Template

from spatialgov_maps.assets import inline_script, inline_style
from spatialgov_maps.base import FeatureLayer, Map

__all__ = ["Ranked", "Ranking"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of the list.

    Attributes
    ----------
    number
        Its place, which is the label of its shape on the map.
    what, colour
        What is done, and how that is drawn.
    where
        The names of the places.
    figures
        (name, value): before and after.
    reason
        A sentence.
    note
        What must be known before it is done, or nothing.
    """

    number: int
    what: str
    colour: str
    where: str
    figures: Sequence[tuple[str, str]]
    reason: str
    note: str = ""


class Ranking(MacroElement):
    """The list, to be added to a map's page (`Ranking.add`).

    Parameters
    ----------
    m
        The map, which has its layers already.
    layer
        Where each row's shape has its number as label; None where there is none.
    title
        What is listed.
    head, rows
        A table over the list: its column names, then its rows.
    items
        The first one first.
    paragraphs
        What a reader must know: over the list where it is empty, else below it.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}
<style>{{ this.css }}</style>
<script>{{ this.js }}</script>
        {% endmacro %}
        {% macro html(this, kwargs) %}
            <aside class="ranking" aria-label="{{ this.title|e }}">
              <table><thead><tr>{% for name in this.head %}<th scope="col">{{ name|e }}</th>{% endfor %}</tr></thead>
              <tbody>{% for row in this.rows %}
                <tr>{% for value in row %}{% if loop.first %}<th scope="row">{{ value|e }}</th>{% else %}
                  <td>{{ value|e }}</td>{% endif %}{% endfor %}</tr>{% endfor %}
              </tbody></table>
              <h2>{{ this.title|e }}</h2>
              <ol>{% for item in this.items %}
                <li data-number="{{ item.number }}"><button type="button">
                  <span class="head"><b style="background: {{ item.colour }}">{{ item.number }}</b>
                    <strong>{{ item.what|e }}</strong> <span>{{ item.where|e }}</span></span>
                  {%- for name, value in item.figures %}
                  <span class="figure"><i>{{ name|e }}</i> <span>{{ value|e }}</span></span>{% endfor %}
                  <span class="reason">{{ item.reason|e }}</span>
                  {%- if item.note %}
                  <span class="needs">{{ item.note|e }}</span>{% endif %}
                </button></li>{% endfor %}
              </ol>
              {%- for paragraph in this.paragraphs %}
              <p>{{ paragraph|e }}</p>{% endfor %}
            </aside>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            spatialgov.ranking({{ this.map }}, {{ this.layer }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        m: Map,
        layer: FeatureLayer | None,
        title: str,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        items: Sequence[Ranked],
        paragraphs: Sequence[str],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Ranking"
        self.map, self.layer = m.get_name(), "null" if layer is None else layer.get_name()
        self.title, self.head, self.rows, self.items, self.paragraphs = title, head, rows, items, paragraphs
        self.js, self.css = inline_script("js/ranking.js"), inline_style("css/ranking.css")
        m.get_root().add_child(self)
