"""What changed between two editions, by codes and units."""

import pandas as pd

from spatialgov.edition_changes import EditionChanges, edition_changes


def units(codes: str) -> pd.DataFrame:
    """Give a unit a letter, with its grid's code; "-" for none, "." for a unit that is not there."""
    rows = [(f"u{i}", code) for i, code in enumerate(codes) if code != "."]
    return pd.DataFrame(
        {
            "unit_id": [unit for unit, _ in rows],
            "code": [None if code == "-" else code for _, code in rows],
            "households": 10,
            "area_m2": 100.0,
        }
    )


def changes(before: str, after: str) -> tuple[dict[str, str], EditionChanges]:
    found = edition_changes(units(before), units(after))
    return dict(zip(found.grids["code"], found.grids["change"], strict=True)), found


def test_nothing_changed() -> None:
    kinds, found = changes("AABB", "AABB")
    assert kinds == {"A": "kept", "B": "kept"}
    assert found.moved.empty
    assert found.figures()["units_moved"] == 0


def test_a_border_moves() -> None:
    kinds, found = changes("AABB", "AAAB")
    assert kinds == {"A": "changed", "B": "changed"}
    assert found.moved.to_dict("records") == [
        {"unit_id": "u2", "from_code": "B", "to_code": "A", "households": 10, "area_m2": 100.0}
    ]
    row = found.grids.set_index("code").loc["A"]
    assert (row["from_codes"], row["to_codes"]) == ("A,B", "A")
    assert (row["units_before"], row["units_after"], row["households_after"], row["area_m2_after"]) == (2, 3, 30, 300)


def test_a_grid_is_split_with_and_without_its_code() -> None:
    assert changes("AAAABB", "AACCBB")[0] == {"A": "split", "C": "split", "B": "kept"}
    assert changes("AAAABB", "CCDDBB")[0] == {"A": "retired", "C": "split", "D": "split", "B": "kept"}
    assert changes("AAAABB", "AACCCB")[0] == {"A": "changed", "C": "new", "B": "changed"}, "a part of another, too"


def test_grids_are_merged_with_and_without_their_codes() -> None:
    assert changes("AABB", "AAAA")[0] == {"A": "merged", "B": "retired"}
    kinds, found = changes("AABB", "CCCC")
    assert kinds == {"A": "retired", "B": "retired", "C": "merged"}
    assert found.grids.set_index("code").loc["C", "from_codes"] == "A,B"
    assert found.grids.set_index("code").loc["A", "to_codes"] == "C"


def test_another_code_for_the_same_units_and_codes_that_swap() -> None:
    assert changes("AABB", "CCBB")[0] == {"A": "retired", "B": "kept", "C": "new"}
    assert changes("AABB", "BBAA")[0] == {"A": "changed", "B": "changed"}


def test_units_without_a_grid_and_units_of_one_edition_only() -> None:
    kinds, found = changes("AA-B", "AAAB")
    assert kinds == {"A": "changed", "B": "kept"}
    assert found.moved[["from_code", "to_code"]].to_dict("list") == {"from_code": [""], "to_code": ["A"]}
    kinds, found = changes("AAB.", "A.BB")
    assert kinds == {"A": "changed", "B": "changed"}
    assert set(found.moved["unit_id"]) == {"u1", "u3"}
    assert found.figures()["households_moved"] == 20


def test_as_plain_values() -> None:
    told = changes("AABB", "CCCC")[1].as_dict()
    assert (told["merged"], told["retired"], told["households_moved"]) == (1, 2, 40)
    merged = next(row for row in told["grids"] if row["code"] == "C")
    assert merged["from_codes"] == ["A", "B"]
    assert merged["to_codes"] == []
    assert type(merged["units_after"]) is int
