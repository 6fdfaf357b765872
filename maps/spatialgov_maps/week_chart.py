"""The drawing of a week as seven days by 24 hours: an SVG, wide for screens and paper, tall for phones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.language import t
from spatialgov.workspace.incident_time_results import weekday_name

__all__ = ["HIDDEN", "MORE", "ODD", "PATTERN", "Week", "chart", "key_svg"]

HIDDEN = "url(#hidden)"
"""Fill of an hour whose number is not shown; the page brings `PATTERN` for it."""
PATTERN = (
    '<svg width="0" height="0" aria-hidden="true"><defs><pattern id="hidden" width="6" height="6" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#eef0ec"/>'
    '<path d="M0 0V6" stroke="#8b9690" stroke-width="2"/></pattern></defs></svg>'
)
MORE, ODD = "more", "odd"

_SIDE, _GAP, _BAR = 34, 3, 60
_STEP = _SIDE + _GAP

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Week:
    """What is drawn; rows are days from Monday on, columns hours.

    Attributes
    ----------
    fills
        (7, 24) colours, or `HIDDEN`.
    tips
        (7, 24) of a heading, then name and value of each row of the tooltip.
    more, odd
        bool (7, 24): which hours get the outline, and which the dot.
    by_day, by_hour
        float64 (7,) and (24,): lengths of the bars, incidents an hour; NaN for none.
    """

    fills: Sequence[Sequence[str]]
    tips: Sequence[Sequence[list[str | list[str]]]]
    more: Bools
    odd: Bools
    by_day: Floats
    by_hour: Floats


def chart(week: Week, *, tall: bool) -> str:
    """Give the chart as SVG: days in rows and hours in columns, or the other way round (`tall`)."""
    days = [weekday_name(day) for day in range(7)]
    if tall:
        days = [t("{day:.3}", "周{day[2]}", day=day) for day in days]
    hours = [f"{hour:02d}" for hour in range(24)]
    rows, columns = (hours, days) if tall else (days, hours)
    row_bars, column_bars = (week.by_hour, week.by_day) if tall else (week.by_day, week.by_hour)
    left, top = (34, 96) if tall else (86, 96)
    width, height = left + len(columns) * _STEP + _BAR + 40, top + len(rows) * _STEP + 4
    label = t("Incidents by weekday and hour", "按星期与时点的事件")
    parts = [f'<svg viewBox="0 0 {width} {height}" role="group" aria-label="{escape(label)}">']
    for k, (text, share) in enumerate(zip(columns, _shares(column_bars), strict=True)):
        middle = left + k * _STEP + _SIDE / 2
        parts.append(f'<text x="{middle}" y="{top - 8}" text-anchor="middle">{escape(text)}</text>')
        parts.append(_bar(middle - 11, top - 26 - share * _BAR, 22, share * _BAR, float(column_bars[k])))
    for k, (text, share) in enumerate(zip(rows, _shares(row_bars), strict=True)):
        middle = top + k * _STEP + _SIDE / 2
        parts.append(f'<text x="{left - 8}" y="{middle + 4.5}" text-anchor="end">{escape(text)}</text>')
        parts.append(_bar(left + len(columns) * _STEP + 4, middle - 11, share * _BAR, 22, float(row_bars[k])))
    for row in range(len(rows)):
        for column in range(len(columns)):
            day, hour = (column, row) if tall else (row, column)
            parts.append(_hour(week, day, hour, left + column * _STEP, top + row * _STEP))
    return "".join([*parts, "</svg>"])


def key_svg(fill: str, mark: str = "") -> str:
    """Give a small drawing of an hour for the key, with the outline (`MORE`) or the dot (`ODD`)."""
    return (
        f'<svg viewBox="0 0 {_SIDE} {_SIDE}" aria-hidden="true">{_square(0, 0, fill, mark == MORE, mark == ODD)}</svg>'
    )


def _hour(week: Week, day: int, hour: int, x: float, y: float) -> str:
    tip: list[Any] = week.tips[day][hour]
    spoken = f"{tip[0]}: " + ", ".join(f"{name} {value}" for name, value in tip[1:])
    square = _square(x, y, week.fills[day][hour], bool(week.more[day, hour]), bool(week.odd[day, hour]))
    stop = 0 if day == hour == 0 else -1  # the arrow keys lead on from there
    data = escape(json.dumps(tip, ensure_ascii=False, separators=(",", ":")))
    return f'<g tabindex="{stop}" role="img" aria-label="{escape(spoken)}" data-tip="{data}">{square}</g>'


def _square(x: float, y: float, fill: str, more: bool, odd: bool) -> str:
    edge = f' class="{MORE}"' if more else ""
    square = f'<rect x="{x + 1.5}" y="{y + 1.5}" width="{_SIDE - 3}" height="{_SIDE - 3}" rx="4" fill="{fill}"{edge}/>'
    dot = f'<circle cx="{x + _SIDE / 2}" cy="{y + _SIDE / 2}" r="5"/>' if odd else ""
    return square + dot


def _shares(values: Floats) -> list[float]:
    known = np.nan_to_num(values)
    shares: list[float] = (known / max(float(known.max(initial=0.0)), 1e-12)).round(3).tolist()
    return shares


def _bar(x: float, y: float, width: float, height: float, value: float) -> str:
    if np.isnan(value):
        return ""
    title = t("{v:.2f} incidents an hour", "{v:.2f} 起/小时", v=value)
    return (
        f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{max(height, 1):.1f}">'
        f"<title>{escape(title)}</title></rect>"
    )
