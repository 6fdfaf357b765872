"""Which post stands in which grid: few changes, skills where they are required, and why not."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.allocation.staffing import (
    Post,
    Requirement,
    assign_posts,
    posts_of_counts,
    read_requirements,
    read_roster,
    skills_in,
)
from spatialgov.errors import InputError, MissingColumnError, TooLargeError

XY = {"A": (0.0, 0.0), "B": (1000.0, 0.0), "C": (5000.0, 0.0)}


def post(name: str, code: str = "", *skills: str) -> Post:
    return Post(name, code, frozenset(skills))


def need(code: str, n: int, *skills: str) -> Requirement:
    return Requirement(code, frozenset(skills), n)


def test_posts_stay_where_they_can_and_the_nearest_moves() -> None:
    found = assign_posts(posts_of_counts({"A": 2, "B": 2, "C": 1}), {"A": 1, "B": 2, "C": 2}, XY)
    assert found.posts["post_id"].tolist() == ["A/1", "A/2", "B/1", "B/2", "C/1"]
    assert found.posts["state"].tolist() == ["stays", "moves", "stays", "stays", "stays"]
    assert found.posts["code"].tolist() == ["A", "C", "B", "B", "C"]
    assert found.posts["moved_m"].tolist() == [0, 5000, 0, 0, 0]
    assert len(found.unmet) == 0


def test_new_posts_are_placed_and_spare_ones_stay() -> None:
    found = assign_posts([post("P1", "A"), post("P2", "A"), post("P3")], {"A": 1, "B": 1, "C": 0}, XY)
    assert found.posts["state"].tolist() == ["stays", "spare", "placed"]
    assert found.posts["code"].tolist() == ["A", "A", "B"]


def test_skills_are_a_requirement_of_the_grid() -> None:
    posts = [post("P1", "A", "dialect"), post("P2", "B"), post("P3", "C", "first_aid", "dialect")]
    found = assign_posts(posts, {"A": 1, "B": 1, "C": 1}, XY, [need("B", 1, "dialect")])
    assert found.posts["code"].tolist() == ["B", "A", "C"]  # the nearer of the two that have it
    assert len(found.unmet) == 0
    both = assign_posts(posts, {"A": 1, "B": 1, "C": 1}, XY, [need("B", 1, "dialect"), need("A", 1, "first_aid")])
    assert both.posts["code"].tolist() == ["B", "C", "A"]


def test_what_is_not_met_is_listed_with_the_reason() -> None:
    posts = [post("P1", "A", "dialect"), post("P2", "A"), post("P3", "B")]
    asked = [need("A", 1, "dialect"), need("B", 2, "dialect"), need("C", 1, "drone")]
    found = assign_posts(posts, {"A": 2, "B": 1, "C": 1}, XY, asked)
    lacking = {(row.code, row.why): (row.skills, row.posts) for row in found.unmet.itertuples()}
    assert lacking == {
        ("A", "no_post"): ("dialect", 1),
        ("B", "few_posts"): ("dialect", 1),
        ("C", "no_skill"): ("drone", 1),
    }
    assert found.posts["code"].tolist() == ["B", "A", "C"]  # no grid is left without a post
    reasons = " ".join(found.unmet["reason"])
    assert "There are 3 posts" in reasons
    assert "0 posts have drone, 1 are required" in reasons


def test_a_requirement_beyond_a_grids_posts_costs_nothing() -> None:
    found = assign_posts([post("P1", "A", "x")], {"A": 1}, XY, [need("A", 1_000_000, "x")])
    assert found.unmet[["posts", "why"]].to_numpy().tolist() == [[999_999, "few_posts"]]


def test_more_than_can_be_weighed_is_refused() -> None:
    with pytest.raises(TooLargeError, match="subdistrict"):
        assign_posts([post("P1")], {"A": 4000}, XY)


def test_grids_without_any_come_first() -> None:
    found = assign_posts([post("P1", "A"), post("P2")], {"A": 3, "B": 1}, XY)
    assert found.posts["code"].tolist() == ["A", "B"]
    assert [tuple(row) for row in found.unmet[["code", "posts", "why"]].to_numpy()] == [("A", 2, "no_post")]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_as_few_changes_as_every_other_way(data: st.DataObject) -> None:
    codes = st.sampled_from(["A", "B", "C"])
    skills = st.frozensets(st.sampled_from("xy"), max_size=2)
    posts = [Post(f"P{i}", data.draw(codes), data.draw(skills)) for i in range(data.draw(st.integers(1, 5)))]
    places = [data.draw(codes) for _ in posts]
    wanted = {code: places.count(code) for code in XY}
    asked = [need(code, 1, "x") for code in sorted(set(places)) if data.draw(st.booleans())]

    def cost(way: Sequence[int]) -> tuple[int, int]:
        unmet = sum(
            not any("x" in posts[i].skills and places[k] == one.code for k, i in enumerate(way)) for one in asked
        )
        return unmet, sum(posts[i].code != places[k] for k, i in enumerate(way))

    found = assign_posts(posts, wanted, XY, asked)
    moved = int((found.posts["state"] == "moves").sum())
    least = min(cost(way) for way in itertools.permutations(range(len(posts))))
    assert (found.unmet["posts"].sum(), moved) == least
    assert found.posts["code"].value_counts().to_dict() == {code: n for code, n in wanted.items() if n}


def test_codes_that_are_no_grids_are_named() -> None:
    with pytest.raises(InputError, match="Row 2 of the posts: there is no grid 'Z'"):
        assign_posts([post("P1", "A"), post("P2", "Z")], {"A": 1}, XY)
    with pytest.raises(InputError, match="Row 1 of the requirements"):
        assign_posts([post("P1", "A")], {"A": 1}, XY, [need("Z", 1, "x")])
    with pytest.raises(InputError, match="Row 2 of the requirements"):
        assign_posts([post("P1", "A")], {"A": 1}, XY, [need("A", 1, "x"), need("", 1, "x")])
    with pytest.raises(InputError, match="requires 0 posts"):
        assign_posts([post("P1", "A")], {"A": 1}, XY, [need("A", 0, "x")])


def test_a_roster_is_read(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text("post_id,code,skills,surname\nP1,A,dialect；first_aid,x\nP2,,,y\n", encoding="utf-8")
    found = read_roster(file)
    assert found.posts == (post("P1", "A", "dialect", "first_aid"), post("P2"))
    assert found.dropped_columns == ("surname",)
    file.write_text("code,skills,posts\nA,dialect,2\nB,x y,\n", encoding="utf-8")
    assert read_requirements(file) == (need("A", 2, "dialect"), need("B", 1, "x", "y"))
    file.write_text("code,skills\nA,dialect\n", encoding="utf-8")
    assert read_requirements(file) == (need("A", 1, "dialect"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("post_id,code\nP1,A\nP1,B\n", "row 2, column post_id: 'P1'"),
        ("post_id,code\n,A\n", "row 1, column post_id"),
        ("code,skills\n,x\n", "row 1, column code"),
        ("code,skills\nA,x\nB,;\n", "row 2, column skills"),
        ("code,skills,posts\nA,x,0\n", "row 1, column posts: '0'"),
        ("code,skills,posts\nA,x,1.5\n", "row 1, column posts"),
        ("code,skills,posts\nA,x,many\n", "row 1, column posts: 'many'"),
    ],
)
def test_a_row_that_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "table.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_roster(file) if text.startswith("post_id") else read_requirements(file)


def test_a_column_that_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("code,posts\nA,1\n", encoding="utf-8")
    for read in (read_roster, read_requirements):
        with pytest.raises(MissingColumnError):
            read(file)


@given(st.text("ab;,；、 \u3000|\t", max_size=20))
def test_skills_of_any_cell_come_back(text: str) -> None:
    found = skills_in(text)
    assert skills_in(";".join(found)) == found
    assert all(found)


def test_a_large_establishment_is_quick() -> None:
    codes = [f"G{i}" for i in range(3000)]
    xy_m = {code: (float(i), 0.0) for i, code in enumerate(codes)}
    today = dict.fromkeys(codes, 1) | {codes[i]: 2 for i in range(200)}
    wanted = dict.fromkeys(codes, 1) | {codes[-1 - i]: 2 for i in range(200)}
    found = assign_posts(posts_of_counts(today), wanted, xy_m)
    assert (found.posts["state"] == "moves").sum() == 200
    assert np.isclose(found.posts["moved_m"].sum(), 200 * 2800)
