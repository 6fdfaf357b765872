"""Write ``docs/measures.md``: every measure of a plan with its formula, from the registry itself.

Run ``python tools/write_measures_reference.py``; a test compares the file with what this would write.
"""

from pathlib import Path

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


def reference() -> str:
    """Give the reference as Markdown, in English with the Chinese names."""
    return _HEAD + "".join(f"{_row(measure)}\n" for measure in MEASURES.values())


def _row(measure: Measure) -> str:
    formula = " ".join(measure.formula.split()).replace("|", "\\|")
    cells = (f"`{measure.key}`", measure.version, measure.english, measure.chinese, measure.unit, formula)
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
