"""Division codes of jurisdictions, and the numbering of grids inside them.

A division code has 12 digits: province 2, city 2, county 2, subdistrict or town 3, community or village 3; the parts
below a jurisdiction's own level are zeros. Only this structure is ever required: whether a code exists, or its digits
lie in the range of its kind, is the data's affair. Three cities (441900, 442000, 460400) have no county level: the
``district`` of their towns is the city itself.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from spatialgov.errors import CodeError, CoordinateError
from spatialgov.language import t

__all__ = ["LEVELS", "GridCodeScheme", "Level", "chain_of", "is_division_code", "level_of", "number_grids", "parent_of"]

Level = Literal["province", "city", "district", "subdistrict", "community"]
LEVELS: tuple[Level, ...] = get_args(Level)
_END: dict[Level, int] = {"province": 2, "city": 4, "district": 6, "subdistrict": 9, "community": 12}
_DIGITS = 12


def is_division_code(code: object) -> bool:
    """Whether `code` is text of 12 digits that names a province (does not start with ``00``)."""
    return (
        isinstance(code, str)
        and len(code) == _DIGITS
        and code.isascii()
        and code.isdecimal()
        and not code.startswith("00")
    )


def level_of(code: str) -> Level:
    """Give the level of a division code: that of its last part which is not all zeros.

    Raises
    ------
    CodeError
        When it is not a division code.
    """
    _require_division_code(code)
    significant = len(code.rstrip("0"))
    return next(level for level in LEVELS if significant <= _END[level])


def parent_of(code: str, level: Level) -> str:
    """Give the code of the jurisdiction at `level` in which a division code lies (itself at its own level).

    Raises
    ------
    CodeError
        When it is not a division code, or its own level is above `level`.
    """
    own = level_of(code)
    if LEVELS.index(level) > LEVELS.index(own):
        raise CodeError(
            t(
                "Division code {code} is a {own}: it does not lie in one {level}.",
                "区划代码 {code} 的级别是 {own},高于 {level},没有对应的上级。",
                code=code,
                own=own,
                level=level,
            ),
            remedy=t("Ask for a level above its own.", "请查询其本级以上的级别。"),
        )
    end = _END[level]
    return code[:end] + "0" * (_DIGITS - end)


def chain_of(code: str) -> dict[Level, str]:
    """Give the codes of a jurisdiction and of all above it, from the province down to its own level.

    Raises
    ------
    CodeError
        When it is not a division code.
    """
    own = LEVELS.index(level_of(code))
    return {level: parent_of(code, level) for level in LEVELS[: own + 1]}


@dataclass(frozen=True, slots=True)
class GridCodeScheme:
    """How the code of a grid is made: the code of its parent and a sequence number, from 1, in a fixed width.

    Attributes
    ----------
    sequence_digits
        Width of the number: 3 gives the usual 15 digits inside a 12-digit community, and at most 999 grids there.
    """

    sequence_digits: int = 3

    @property
    def capacity(self) -> int:
        """The number of grids that one parent can ever have."""
        return int(10**self.sequence_digits) - 1

    def code(self, parent_code: str, number: int) -> str:
        """Give the code of the grid with a number, 1 to `capacity`."""
        return f"{parent_code}{number:0{self.sequence_digits}d}"


def number_grids(
    parent_codes: Sequence[str],
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    taken: Iterable[str] = (),
    scheme: GridCodeScheme | None = None,
) -> list[str]:
    """Give new grids their codes: per parent numbered west → east, then north → south, like the words on a page.

    The rows of the page are found from the grids of the parent alone: they are `s` apart, where `s` is the side of the
    square that each grid would have if the grids shared out their bounding box (grown by half a square on each side,
    so that a regular lattice falls into its own rows). The first row is centred on the northernmost grid; a grid
    halfway between two rows belongs to the southern one. Grids at the very same place keep the order of the input.

    Parameters
    ----------
    parent_codes
        Code of the parent of each of the n grids; any text, of any length.
    x, y
        Representative points, east and north in one unit (metres, best), shape (n,).
    taken
        Every code that was ever given, also to grids that are retired: none of them is given again, the next free
        number is.
    scheme
        Default: three digits.

    Returns
    -------
    list of str
        The n codes, in the order of the input, all different.

    Raises
    ------
    CodeError
        When a parent code is not text, or a parent runs out of numbers.
    CoordinateError
        When a point is missing or not finite.
    """
    scheme = scheme or GridCodeScheme()
    members = _rows_by_parent(parent_codes)
    x, y = _points(x, y, len(parent_codes))
    used = set(taken)
    codes = [""] * len(parent_codes)
    for parent, rows in members.items():
        order = rows[_reading_order(x[rows], y[rows])]
        numbered = (scheme.code(parent, number) for number in range(1, scheme.capacity + 1))
        free = [code for code in numbered if code not in used]
        if len(free) < len(rows):
            raise _out_of_numbers(parent, len(rows), scheme)
        for row, code in zip(order.tolist(), free, strict=False):
            codes[row] = code
    return codes


def _require_division_code(code: object) -> None:
    if not is_division_code(code):
        raise CodeError(
            t("“{code}” is not a division code.", "“{code}”不是区划代码。", code=code),
            remedy=t(
                "A division code is text of 12 digits: province 2, city 2, county 2, subdistrict 3, community 3.",
                "区划代码为 12 位数字文本:省 2、市 2、县 2、街道 3、社区 3。",
            ),
        )


def _rows_by_parent(parent_codes: Sequence[str]) -> dict[str, npt.NDArray[np.int64]]:
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, parent in enumerate(parent_codes):
        if not isinstance(parent, str):
            raise CodeError(
                t(
                    "Row {row}: the parent code {code!r} is not text.",
                    "第 {row} 行:上级代码 {code!r} 不是文本。",
                    row=row + 1,
                    code=parent,
                ),
                remedy=t("Read the column of codes as text.", "请将代码列按文本读取。"),
            )
        rows[parent].append(row)
    return {parent: np.array(members, dtype=np.int64) for parent, members in rows.items()}


def _points(x: npt.ArrayLike, y: npt.ArrayLike, count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    finite = np.isfinite(x) & np.isfinite(y)
    if finite.shape != (count,) or not finite.all():
        row = int(np.argmin(finite)) + 1 if finite.shape == (count,) else min(finite.size, count) + 1
        raise CoordinateError(
            t("Row {row}: the grid has no point to be numbered by.", "第 {row} 行:网格缺少编号所需的点位。", row=row),
            remedy=t("Give each grid one finite point.", "请为每个网格给出一个有效点位。"),
        )
    return x, y


def _reading_order(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    n = len(x)
    width, height = float(np.ptp(x)), float(np.ptp(y))
    if n == 1 or height == 0.0:
        row = np.zeros(n)
    else:
        # n squares of side s cover the grown box: n s² = (width + s)(height + s)
        span = width + height
        side = (span + math.sqrt(span * span + 4.0 * (n - 1) * width * height)) / (2.0 * (n - 1))
        row = np.floor((y.max() - y) / side + 0.5)
    return np.lexsort((-y, x, row))


def _out_of_numbers(parent: str, count: int, scheme: GridCodeScheme) -> CodeError:
    return CodeError(
        t(
            "Parent {parent} has no number left for {count} new grids: {digits} digits allow {capacity}, "
            "and retired numbers are never used again.",
            "上级 {parent} 的编号不足以容纳 {count} 个新网格:{digits} 位顺序号最多 {capacity} 个,"
            "已作废的编号不再使用。",
            parent=parent,
            count=count,
            digits=scheme.sequence_digits,
            capacity=scheme.capacity,
        ),
        remedy=t(
            "Ask for fewer, larger grids, or divide them among more parents.",
            "请减少网格数量、扩大网格规模,或划入更多上级。",
        ),
    )
