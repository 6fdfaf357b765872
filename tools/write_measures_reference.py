"""Write ``docs/measures.md``: every measure of a plan and every indicator with its formula, from the registries.

Run ``python tools/write_measures_reference.py``; a test compares the file with what this would write.
"""

from pathlib import Path

from spatialgov.allocation.assessment import INDICATORS, Indicator
from spatialgov.measures import MEASURES, Measure

__all__ = ["REFERENCE", "reference"]

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "measures.md"

_HEAD = """# Measures of a plan

Written by `tools/write_measures_reference.py` from the registry, `spatialgov.measures.MEASURES`.

`plan.metrics()`, `spatialgov evaluate` and `spatialgov partition` give all of them, with `--json` under these keys. A
key never changes its meaning without a new version. Lengths and areas are measured in the metric plane (inside China
the CGCS2000 3-degree zone, elsewhere the UTM zone).

| key | version | name | 名称 | unit | how it is computed |
|---|---|---|---|---|---|
"""

_INDICATORS = """
## Indicators of an assessment

From the registry `spatialgov.allocation.assessment.INDICATORS`; `spatialgov assess` gives them for each grid and
period, drawn towards its peers ([advice](advice.md#assessment)).

| key | version | name | 名称 | unit | better | how it is computed | 公式 |
|---|---|---|---|---|---|---|---|
"""


def reference() -> str:
    """Give the reference as Markdown, in English with the Chinese names."""
    measures = "".join(_line(_measure_cells(one)) for one in MEASURES.values())
    return _HEAD + measures + _INDICATORS + "".join(_line(_indicator_cells(one)) for one in INDICATORS.values())


def _measure_cells(one: Measure) -> tuple[object, ...]:
    return f"`{one.key}`", one.version, one.english, one.chinese, one.unit, one.formula


def _indicator_cells(one: Indicator) -> tuple[object, ...]:
    name = f"`{one.key}`", one.version, one.english, one.chinese
    return *name, one.unit, one.better, one.formula, one.formula_chinese


def _line(cells: tuple[object, ...]) -> str:
    texts = (" ".join(str(cell).split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(texts)} |\n"


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
