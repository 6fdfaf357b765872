"""The clock: when in the week incidents happen, as a picture of seven days by 24 hours."""

from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt
from branca.element import MacroElement
from folium.template import Template

from spatialgov.incidents import Clock, shown_table
from spatialgov.language import t
from spatialgov.workspace.incident_time_results import weekday_name
from spatialgov_maps import formats
from spatialgov_maps.base import HEADER, Page, header_texts
from spatialgov_maps.colours import SEQUENTIAL, classes_of
from spatialgov_maps.heat_map import class_texts, density_limits
from spatialgov_maps.week_chart import HIDDEN, MORE, ODD, PATTERN, Week, chart, key_svg

__all__ = ["ClockPage", "clock_html", "clock_page"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_NONE = "#f7f8f5"


class ClockPage(MacroElement):
    """A page with the header of our maps and a chart in place of the map; see `clock_page`."""

    _template = Template(
        """
        {% macro html(this, kwargs) %}"""
        + HEADER
        + """
            <main class="chart">{{ this.pattern }}
              {%- for name, columns, svg in this.charts %}
              <div class="clock {{ name }}" data-columns="{{ columns }}">{{ svg }}</div>{% endfor %}
              <ul class="key">{% for swatch, label in this.key %}
                <li>{{ swatch }}<span>{{ label|e }}</span></li>{% endfor %}
              </ul>
              {%- for paragraph in this.paragraphs %}
              <p>{{ paragraph|e }}</p>{% endfor %}
              {%- if this.source %}
              <p class="source">spatialgov | {{ this.source|e }}</p>{% endif %}
            </main>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            document.querySelectorAll(".clock").forEach(spatialgov.clock);
        {% endmacro %}
        """
    )

    def __init__(
        self,
        title: str,
        *,
        subtitle: str,
        facts: Sequence[tuple[str, str]],
        charts: Sequence[tuple[str, int, str]],
        key: Sequence[tuple[str, str]],
        paragraphs: Sequence[str],
        source: str,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "ClockPage"
        self.title, self.subtitle, self.facts, self.home_url = title, subtitle, list(facts), ""
        self.texts = header_texts()
        self.pattern = PATTERN
        self.charts, self.key, self.paragraphs, self.source = charts, key, paragraphs, source
        Page(title).add_child(self)


def clock_page(clock: Clock, *, minimum: int = 1, subtitle: str = "", source: str = "") -> ClockPage:
    """Draw the incidents of each hour of the week, and which hours stand out.

    Parameters
    ----------
    clock
        From `spatialgov.incidents.clock`; its counts must be whole where `minimum` is above 1.
    minimum
        Fewest incidents of an hour that are shown; 1 shows all. No sum over a day or over an hour of all days tells
        a hidden one (`shown_table`).
    subtitle
        The header's text under the title (period, categories).
    source
        Where the data come from.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    charts, week, key = _drawn(clock, minimum)
    total = float(clock.counts.sum())
    facts = [
        (formats.count(total) if total == 0 or total >= minimum else f"< {minimum}", t("incidents", "事件")),
        (formats.count(week.more.sum()), t("hours that stand out", "突出时段")),
    ]
    return ClockPage(
        t("Clock of the week", "一周时钟图"),
        subtitle=subtitle,
        facts=facts,
        charts=charts,
        key=key,
        paragraphs=_paragraphs(clock, minimum),
        source=source,
    )


def _drawn(clock: Clock, minimum: int) -> tuple[list[tuple[str, int, str]], Week, list[tuple[str, str]]]:
    """Give the charts, wide and tall, what they show, and the key to them."""
    rate = np.divide(clock.counts, clock.exposure_hours, out=np.zeros((7, 24)), where=clock.exposure_hours > 0)
    limits = density_limits(rate[rate > 0])
    week = _week(clock, rate, limits, minimum)
    charts = [("wide", 24, chart(week, tall=False)), ("tall", 7, chart(week, tall=True))]
    return charts, week, _key(limits, minimum)


def clock_html(clock: Clock, *, minimum: int = 1) -> str:
    """Give the chart with its key as a part of a page; `minimum` as for `clock_page`."""
    charts, _, key = _drawn(clock, minimum)
    drawn = "".join(f'<div class="clock {name}" data-columns="{columns}">{svg}</div>' for name, columns, svg in charts)
    items = "".join(f"<li>{swatch}<span>{escape(label)}</span></li>" for swatch, label in key)
    return f'{PATTERN}{drawn}<ul class="key">{items}</ul>'


def _week(clock: Clock, rate: Floats, limits: Sequence[float], minimum: int) -> Week:
    shown = shown_table(np.rint(clock.counts), minimum) if minimum > 1 else np.ones((8, 25), dtype=np.bool_)
    inner = shown[:-1, :-1]
    hours = clock.exposure_hours
    by_day = _per_hour(clock.counts.sum(axis=1), hours.sum(axis=1), shown[:-1, -1])
    by_hour = _per_hour(clock.counts.sum(axis=0), hours.sum(axis=0), shown[-1, :-1])
    fills = [
        [_fill(limits, float(rate[day, hour])) if inner[day, hour] else HIDDEN for hour in range(24)]
        for day in range(7)
    ]
    tips = [[_tip(clock, day, hour, bool(inner[day, hour])) for hour in range(24)] for day in range(7)]
    return Week(fills, tips, clock.even.more & inner, clock.independent.more & inner, by_day, by_hour)


def _fill(limits: Sequence[float], rate: float) -> str:
    return SEQUENTIAL[int(classes_of(rate, limits))] if rate > 0 else _NONE


def _per_hour(counts: Floats, hours: Floats, shown: Bools) -> Floats:
    return np.where(shown, np.divide(counts, hours, out=np.zeros(len(counts)), where=hours > 0), np.nan)


def _tip(clock: Clock, day: int, hour: int, shown: bool) -> list[str | list[str]]:
    """Give heading and rows of an hour's tooltip."""
    heading = f"{weekday_name(day)} {hour:02d}:00 – {hour + 1:02d}:00"
    if not shown:
        return [heading, [t("Incidents", "事件"), t("not shown", "不公开")]]
    count, even, exposure = float(clock.counts[day, hour]), clock.even, clock.exposure_hours[day, hour]
    rows = [[t("Incidents", "事件"), f"{count:,.0f}" if count == round(count) else f"{count:,.1f}"]]
    if exposure > 0:
        rows.append([t("On average each week", "平均每周"), f"{count / exposure:.2f}"])
        rows.append([t("If all hours were alike", "若各时段相同"), f"{clock.expected_even[day, hour]:,.1f}"])
    if np.isfinite(even.ratio[day, hour]):
        interval = f"{even.low[day, hour]:.2f} – {even.high[day, hour]:.2f}"
        rows.append([t("Times as many (95 %)", "倍数（95%）"), f"{even.ratio[day, hour]:.2f} ({interval})"])
    if even.more[day, hour]:
        rows.append([t("Stands out", "突出"), t("yes", "是")])
    if clock.independent.more[day, hour]:
        rows.append([t("More than its day and hour explain", "多于当日与当时所能解释"), t("yes", "是")])
    return [heading, *rows]


def _key(limits: Sequence[float], minimum: int) -> list[tuple[str, str]]:
    """Give swatch and text of all that the chart shows."""
    key = [("", t("Incidents an hour:", "每小时事件："))]
    key += [(key_svg(_NONE), t("none", "无"))]
    colours = SEQUENTIAL[: len(limits) + 1] if limits else ()
    texts = class_texts(limits) if limits else []
    key += [(key_svg(colour), text) for colour, text in zip(colours, texts, strict=True)]
    key.append((key_svg(_NONE, MORE), t("stands out of the week", "在一周中突出")))
    key.append((key_svg(_NONE, ODD), t("more than its day and its hour explain", "多于当日与当时所能解释")))
    if minimum > 1:
        key.append((key_svg(HIDDEN), t("not shown: few incidents", "不公开：事件较少")))
    return key


def _paragraphs(clock: Clock, minimum: int) -> list[str]:
    paragraphs = [
        t(
            "Colours are incidents in an hour, on average over the weeks of the period; bars are the averages of days "
            "and of hours. Times are those of {zone}.",
            "颜色表示时段内各周平均每小时事件数；条形为各日、各时点平均值。时间为 {zone} 时间。",
            zone=clock.timezone,
        ),
        t(
            "An hour stands out when it holds more incidents than chance explains if all hours were alike (exact "
            "Poisson tails, false discovery rate 5 %). Where single weeks vary more than Poisson's law gives, "
            "intervals and tests are widened by that: one bad night is no habit.",
            "若各时段相同，事件数超出随机所能解释的时段为突出时段（泊松精确尾概率，错误发现率 5%）。"
            "各周波动大于泊松分布之处，区间与检验已据此放宽：偶然的一夜不构成规律。",
        ),
    ]
    if minimum > 1:
        paragraphs.append(
            t(
                "Hours with fewer than {m} incidents are not shown, and some others, so that sums do not tell them.",
                "少于 {m} 起事件的时段不公开；为防由合计推出，另有部分时段一并隐藏。",
                m=minimum,
            )
        )
    return paragraphs
