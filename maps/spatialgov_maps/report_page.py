"""A report of several parts as one page: sentences, tables, charts and maps that move together, on screen and on A4."""

from collections.abc import Sequence
from dataclasses import dataclass

from branca.element import MacroElement
from folium.template import Template

from spatialgov_maps.assets import inline_style
from spatialgov_maps.base import HEADER, InnerMap, LegendItem, Page, Style, header_texts

__all__ = ["Figure", "ReportPage", "Section", "Table"]

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its title; the first cell of a row is its heading.

    Attributes
    ----------
    title, head, rows
        Text of any characters.
    words
        Columns (from 0) that hold words, not numbers.
    """

    title: str
    head: Row
    rows: Sequence[Row]
    words: Sequence[int] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Figure:
    """A map with its caption and what its colours mean."""

    map: InnerMap
    caption: str
    key: Sequence[LegendItem] = ()
    note: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Section:
    """A part of a report, in the order of its attributes.

    Attributes
    ----------
    title
        Its heading, or nothing where its tables have one each.
    sentences, warnings
        What is to be said first.
    key
        What the colours of all its figures mean.
    figures
        Maps that move with each other.
    charts
        Drawings as HTML, made by us: what they say of the data is escaped.
    tables
        Beside each other where there is room.
    notes
        What is to be said at its end.
    new_sheet
        Whether it begins a sheet of paper.
    """

    title: str = ""
    sentences: Sequence[str] = ()
    warnings: Sequence[str] = ()
    key: Sequence[LegendItem] = ()
    figures: Sequence[Figure] = ()
    charts: Sequence[str] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()
    new_sheet: bool = False


class ReportPage(MacroElement):
    """A page with the header of our maps, and sections.

    Parameters
    ----------
    title, subtitle, facts
        As for `Map`.
    sections
        From top to bottom.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}<style>{{ this.css }}</style>{% endmacro %}
        {% macro table(head, rows, words) %}
          <div class="wide"><table>
            <thead><tr>{% for name in head %}
              <th scope="col"{% if loop.index0 in words %} class="words"{% endif %}>{{ name|e }}</th>{% endfor %}
            </tr></thead>
            <tbody>{% for row in rows %}
              <tr>{% for cell in row %}{% if loop.first %}<th scope="row">{{ cell|e }}</th>{% else -%}
                <td{% if loop.index0 in words %} class="words"{% endif %}>{{ cell|e }}</td>{% endif %}{% endfor -%}
              </tr>{% endfor %}
            </tbody>
          </table></div>
        {% endmacro %}
        {% macro key(items, swatch) %}
          <ul class="key">{% for item in items %}
            <li>{{ swatch(item) }}<span>{{ item.label|e }}</span></li>{% endfor %}
          </ul>
        {% endmacro %}
        {% macro html(this, kwargs) %}"""
        + HEADER
        + """
            <main class="report">{% for section in this.sections %}
              <section{% if section.new_sheet %} class="sheet"{% endif %}>
                {%- if section.title %}<h2>{{ section.title|e }}</h2>{% endif %}
                {%- for sentence in section.sentences %}
                <p class="asked">{{ sentence|e }}</p>{% endfor %}
                {%- for sentence in section.warnings %}
                <p class="warning">{{ sentence|e }}</p>{% endfor %}
                {%- if section.key %}{{ key(section.key, this.swatch) }}{% endif %}
                {%- if section.figures %}
                <div class="maps">{% for figure in section.figures %}
                  <figure><figcaption>{{ figure.caption|e }}</figcaption>
                    <div class="folium-map" id={{ figure.map.get_name()|tojson }} role="group"
                      aria-label="{{ figure.caption|e }}"></div>
                    {%- if figure.key %}{{ key(figure.key, this.swatch) }}{% endif %}
                    {%- if figure.note %}<p class="source">{{ figure.note|e }}</p>{% endif %}
                  </figure>{% endfor %}
                </div>{% endif %}
                {%- for chart in section.charts %}
                {{ chart }}{% endfor %}
                {%- if section.tables %}
                <div class="pair">{% for table_ in section.tables %}
                  <section>
                    {%- if section.title %}
                    <h3>{{ table_.title|e }}</h3>{% else %}
                    <h2>{{ table_.title|e }}</h2>{% endif %}
                    {{ table(table_.head, table_.rows, table_.words) }}
                  </section>{% endfor %}
                </div>{% endif %}
                {%- for sentence in section.notes %}
                <p class="source">{{ sentence|e }}</p>{% endfor %}
              </section>{% endfor %}
            </main>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            {%- if this.sections|selectattr("charts")|list %}
            document.querySelectorAll(".clock").forEach(spatialgov.clock);{% endif %}
        {% endmacro %}
        """
    )

    def __init__(
        self, title: str, sections: Sequence[Section], *, subtitle: str = "", facts: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "ReportPage"
        self.css = inline_style("css/report.css")
        self.title, self.subtitle, self.facts, self.home_url = title, subtitle, list(facts), ""
        self.texts, self.sections, self.swatch = header_texts(), sections, _swatch
        Page(title).add_child(self)
        for section in sections:
            maps = [figure.map for figure in section.figures]
            for m in maps:
                self.add_child(m)
            if maps:
                self.add_child(_Together(maps))


class _Together(MacroElement):
    """Lets maps move with each other, and fits them to paper; comes after them."""

    _template = Template(
        "{% macro script(this, kwargs) %}spatialgov.together([{{ this.names|join(', ') }}]);{% endmacro %}"
    )

    def __init__(self, maps: Sequence[InnerMap]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Together"
        self.names = [m.get_name() for m in maps]


def _swatch(item: LegendItem) -> str:
    """Give a small drawing of how a thing looks on the map."""
    form = {
        "area": '<rect x="1" y="1" width="22" height="13"',
        "line": '<path d="M0 7.5H24"',
        "point": f'<circle cx="12" cy="7.5" r="{min(float(item.style.get("radius", 4)), 6):g}"',
    }[item.shape]
    return f'<svg viewBox="0 0 24 15" aria-hidden="true">{form} style="{_paint(item.style, item.shape)}"/></svg>'


def _paint(style: Style, shape: str) -> str:
    fill = "none" if shape == "line" or style.get("fill") is False else style.get("fillColor", style.get("color"))
    stroke = "none" if style.get("stroke") is False else style.get("color")
    said = {
        "fill": fill,
        "fill-opacity": style.get("fillOpacity", 0.2),
        "stroke": stroke,
        "stroke-width": min(float(style.get("weight", 1)), 4.0),
        "stroke-dasharray": style.get("dashArray", "none"),
    }
    return ";".join(f"{name}:{value}" for name, value in said.items())
