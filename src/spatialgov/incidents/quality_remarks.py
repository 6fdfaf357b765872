"""What the quality of incidents means, in words: a line for each thing that an analyst should know."""

from collections.abc import Iterator

from spatialgov.incidents.duplicates import NEAR_M, NEAR_MINUTES
from spatialgov.incidents.quality import LATE_DAYS, NOTABLE_SHARE, Quality
from spatialgov.language import t

__all__ = ["remarks"]

_CODES = 5
"""So many unknown categories are named."""


def remarks(quality: Quality) -> list[str]:
    """Give what is worth a word, the worst first; nothing for rows without a flaw."""
    return [
        text for part in (_categories, _places, _placeholders, _repeats, _reports, _precision) for text in part(quality)
    ]


def _categories(quality: Quality) -> Iterator[str]:
    unknown = quality.unknown_categories
    if unknown:
        named = [f"{code} ({rows:,})" for code, rows in list(unknown.items())[:_CODES]]
        yield t(
            "{n:,} rows ({share:.1%}) have a category that the list in force does not have: {codes}. Add these to the "
            "list and load it: spatialgov import categories FILE.csv.",
            "{n:,} 行（{share:.1%}）的类别不在现行类别表中：{codes}。请将其补入类别表后导入："
            "spatialgov import categories 文件.csv。",
            n=sum(unknown.values()),
            share=quality.share(sum(unknown.values())),
            codes=t(", ", "、").join(named) + (" …" if len(unknown) > _CODES else ""),
        )


def _places(quality: Quality) -> Iterator[str]:
    if quality.piled:
        worst = quality.worst_points[0]
        yield t(
            "{share:.1%} of the rows lie on points that hold many, most at {lon:.6f}, {lat:.6f} ({n:,} rows). Does "
            "this point stand for places that were not known? If so, leave the coordinates out and give an address.",
            "{share:.1%} 的行集中在少数几个点上，最多的是 {lon:.6f}, {lat:.6f}（{n:,} 行）。该点是否代替了未知位置？"
            "若是，请去掉坐标并提供地址。",
            share=quality.share(quality.piled), lon=worst.lon, lat=worst.lat, n=worst.rows,
        )  # fmt: skip
    if quality.by_address:
        yield t(
            "{n:,} rows ({share:.1%}) are placed by their address.",
            "{n:,} 行（{share:.1%}）按地址定位。",
            n=quality.by_address,
            share=quality.share(quality.by_address),
        )
    if quality.outside:
        yield t(
            "{n:,} rows ({share:.1%}) lie outside all grids.",
            "{n:,} 行（{share:.1%}）在所有网格之外。",
            n=quality.outside,
            share=quality.share(quality.outside),
        )


def _placeholders(quality: Quality) -> Iterator[str]:
    names = {
        "on_the_hour": t("on the full hour", "整点"),
        "noon": t("at 12:00", "12:00"),
        "midnight": t("at 00:00", "00:00"),
        "first_of_month": t("on the first day of a month", "每月 1 日"),
        "first_of_january": t("on 1 January", "1 月 1 日"),
    }
    for one in quality.placeholders:
        if quality.share(one.beyond) >= NOTABLE_SHARE:
            yield t(
                "{n:,} rows are timed {when}, where {expected:,.0f} would be expected. A time that is not known is "
                "better given as a date alone, or with its time_precision.",
                "{n:,} 行的时间为{when}，按常理约为 {expected:,.0f} 行。时间不详时宜只写日期，或注明 time_precision。",
                n=one.rows, when=names[one.kind], expected=one.expected,
            )  # fmt: skip


def _repeats(quality: Quality) -> Iterator[str]:
    if quality.near_duplicates:
        yield t(
            "{n:,} rows ({share:.1%}) probably repeat another incident: the same category, at most {m:g} m and "
            "{minutes:g} minutes away.",
            "{n:,} 行（{share:.1%}）可能与另一事件重复：类别相同，相距不超过 {m:g} 米、{minutes:g} 分钟。",
            n=quality.near_duplicates,
            share=quality.share(quality.near_duplicates),
            m=NEAR_M,
            minutes=NEAR_MINUTES,
        )


def _reports(quality: Quality) -> Iterator[str]:
    if quality.reported:
        yield t(
            "{n:,} rows say when they were reported: half of them within {median:.1f} hours, nine of ten within "
            "{most:.1f} hours; {late:,} after more than {days} days.",
            "{n:,} 行注明上报时间：半数在 {median:.1f} 小时内，九成在 {most:.1f} 小时内；{late:,} 行超过 {days} 天。",
            n=quality.reported, median=quality.delay_median_h, most=quality.delay_90_h, late=quality.late,
            days=LATE_DAYS,
        )  # fmt: skip


def _precision(quality: Quality) -> Iterator[str]:
    rough = {name: rows for name, rows in quality.by_precision.items() if rows and name != "exact"}
    if rough:
        names = {"hour": t("to the hour", "精确到小时"), "day": t("to the day", "精确到日"),
                 "interval": t("between two moments", "仅知起止时间")}  # fmt: skip
        parts = [f"{names[name]} {rows:,} ({quality.share(rows):.1%})" for name, rows in rough.items()]
        yield t(
            "Times that are known only roughly: {parts}.", "时间不精确的行：{parts}。", parts=t(", ", "、").join(parts)
        )
