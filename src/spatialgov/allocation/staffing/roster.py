"""Tables of posts and of what grids require of them: skills belong to posts, never to persons."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from spatialgov.columns import require_columns
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.vector_io import numbers, read_table, texts

__all__ = [
    "Post",
    "Requirement",
    "RosterFile",
    "as_text",
    "check_known",
    "posts_of_counts",
    "read_requirements",
    "read_roster",
    "skills_in",
]

_BETWEEN = re.compile(r"[;,、；，|\s]+")


@dataclass(frozen=True, slots=True)
class Post:
    """A post: a place of work that somebody fills.

    Attributes
    ----------
    post_id
        Its number in the establishment.
    code
        The grid that it stands in today; "" for none.
    skills
        What whoever fills it has to be able to do.
    """

    post_id: str
    code: str = ""
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many posts of a grid need these skills, each of them all."""

    code: str
    skills: frozenset[str]
    posts: int = 1


@dataclass(frozen=True, slots=True)
class RosterFile:
    """The posts of a file, and the columns of it that were not read."""

    posts: tuple[Post, ...]
    dropped_columns: tuple[str, ...]


def skills_in(text: str | None) -> frozenset[str]:
    """Give the skills that a cell names, with semicolons, commas or spaces between."""
    return frozenset(word for word in _BETWEEN.split(text or "") if word)


def posts_of_counts(posts: Mapping[str, int]) -> tuple[Post, ...]:
    """Give posts without skills for the numbers of posts of grids, called by their grid and number."""
    return tuple(Post(f"{code}/{i}", code) for code, n in posts.items() for i in range(1, n + 1))


def read_roster(path: str | Path) -> RosterFile:
    """Read posts from a table: ``post_id``, ``code`` of the grid (empty for none) and, where it is there, ``skills``.

    Raises
    ------
    UnreadableFileError, MissingColumnError
        When the file can't be read, or a column is not there.
    InputError
        When a post has no number or comes twice, with its row.
    """
    table, file = read_table(path), Path(path).name
    require_columns(file, ("post_id", "code"), table.columns)
    ids, codes, skills = (_cells(table, name) for name in ("post_id", "code", "skills"))
    _each_once(file, "post_id", ids)
    posts = tuple(Post(i, c, skills_in(s)) for i, c, s in zip(ids, codes, skills, strict=True))
    return RosterFile(
        posts, tuple(name for name in map(str, table.columns) if name not in ("post_id", "code", "skills"))
    )


def read_requirements(path: str | Path) -> tuple[Requirement, ...]:
    """Read what grids require from a table: ``code``, ``skills`` and, where it is there, the number of ``posts``.

    Raises
    ------
    UnreadableFileError, MissingColumnError
        When the file can't be read, or a column is not there.
    InputError
        When a row has no code, no skill, or no whole number of posts, with its row.
    """
    table, file = read_table(path), Path(path).name
    require_columns(file, ("code", "skills"), table.columns)
    codes, skills = _cells(table, "code"), [skills_in(cell) for cell in _cells(table, "skills")]
    counts = _posts(table)
    found = []
    for i, (code, needed, n) in enumerate(zip(codes, skills, counts, strict=True)):
        bad = "code" if not code else "skills" if not needed else "posts" if not (n >= 1 and n == int(n)) else ""
        if bad:
            raise InputError(
                t("{file}, row {row}, column {column}: {value}.", "{file} 第 {row} 行 {column} 列：{value}。",
                  file=file, row=i + 1, column=bad, value=repr(table[bad].iloc[i])),
                remedy=t("Give a grid, skills with semicolons between, and how many of its posts need them: 1, 2 …",
                         "请给出网格编码、以分号分隔的技能，以及需要这些技能的岗位数：1、2……"),
            )  # fmt: skip
        found.append(Requirement(code, needed, int(n)))
    return tuple(found)


def _posts(table: pd.DataFrame) -> list[float]:
    """Give the numbers of posts, 1 where a cell is empty, 0 where it holds no number."""
    if "posts" not in table:
        return [1.0] * len(table)
    values, wrong = numbers(table["posts"])
    counts: list[float] = np.where(wrong, 0.0, np.where(np.isnan(values), 1.0, values)).tolist()
    return counts


def _cells(table: pd.DataFrame, name: str) -> list[str]:
    return [cell or "" for cell in texts(table[name])] if name in table else [""] * len(table)


def _each_once(file: str, column: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for row, one in enumerate(ids, start=1):
        if not one or one in seen:
            raise InputError(
                t("{file}, row {row}, column {column}: {value}.", "{file} 第 {row} 行 {column} 列：{value}。",
                  file=file, row=row, column=column, value=repr(one)),
                remedy=t("Give each post one row, with a number of its own.", "每个岗位一行，编号不得重复或为空。"),
            )  # fmt: skip
        seen.add(one)


def check_known(codes: Collection[str], known: Collection[str], what: str) -> None:
    """Raise `InputError` for the first code that is no grid of the plan, with its row."""
    there = set(known)
    for row, code in enumerate(codes, start=1):
        if code not in there:
            raise InputError(
                t("Row {row} of the {what}: there is no grid {code}.", "{what}第 {row} 行：没有网格 {code}。",
                  row=row, what=what, code=repr(code)),
                remedy=t("Name a grid of the plan. A post without one has an empty code.",
                         "请填写方案中的网格编码；没有网格的岗位，编码留空。"),
            )  # fmt: skip


def as_text(skills: Collection[str]) -> str:
    """Give skills as a cell holds them."""
    return ";".join(sorted(skills))
