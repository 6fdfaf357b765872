"""Division codes and the numbering of grids."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.codes import LEVELS, GridCodeScheme, chain_of, is_division_code, level_of, number_grids, parent_of
from spatialgov.errors import CodeError, CoordinateError
from spatialgov.language import using_language

COMMUNITY = "110101001005"


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("110000000000", "province"),
        ("110100000000", "city"),
        ("110101000000", "district"),
        ("110101001000", "subdistrict"),
        ("110101001005", "community"),
        ("110101001200", "community"),
        ("110101010000", "subdistrict"),
        ("441900000000", "city"),
        ("441900101000", "subdistrict"),  # a city without counties
        ("500000000000", "province"),
    ],
)
def test_level_of(code: str, level: str) -> None:
    assert level_of(code) == level
    assert parent_of(code, level_of(code)) == code


def test_chain() -> None:
    assert chain_of(COMMUNITY) == {
        "province": "110000000000",
        "city": "110100000000",
        "district": "110101000000",
        "subdistrict": "110101001000",
        "community": "110101001005",
    }
    assert list(chain_of("110101000000")) == ["province", "city", "district"]
    assert parent_of("441900101000", "district") == "441900000000"


def test_no_parent_below() -> None:
    with using_language("en"), pytest.raises(CodeError, match="110101000000 is a district"):
        parent_of("110101000000", "community")


@pytest.mark.parametrize(
    "code", ["", "110101", "11010100100x", "001010010050", "１１０１０１００１００５", 110101001005, None]
)
def test_not_a_division_code(code: object) -> None:
    assert not is_division_code(code)
    with pytest.raises(CodeError):
        level_of(code)  # type: ignore[arg-type]


@given(st.from_regex(r"(?!00)[0-9]{12}", fullmatch=True).filter(str.isascii))
def test_every_structure_is_accepted(code: str) -> None:
    assert is_division_code(code)
    chain = chain_of(code)
    assert list(chain) == list(LEVELS[: len(chain)])
    assert list(chain.values())[-1] == code


def test_reading_order_on_a_lattice() -> None:
    east, south = np.meshgrid(np.arange(5.0), np.arange(3.0))
    shuffled = np.random.default_rng(1).permutation(15)
    codes = number_grids([COMMUNITY] * 15, 100.0 * east.ravel()[shuffled], -100.0 * south.ravel()[shuffled])
    expected = np.array([f"{COMMUNITY}{n:03d}" for n in range(1, 16)])
    assert codes == expected[shuffled].tolist()


@pytest.mark.parametrize(("rows", "columns"), [(1, 7), (7, 1), (2, 10), (10, 2), (20, 3), (1, 1)])
def test_lattices_of_any_shape_fall_into_their_rows(rows: int, columns: int) -> None:
    south, east = np.divmod(np.arange(rows * columns), columns)
    codes = number_grids(["p"] * (rows * columns), 3.0 * east, -3.0 * south)
    assert codes == [f"p{n:03d}" for n in range(1, rows * columns + 1)]


def test_a_wavy_row_is_one_row() -> None:
    x = [0.0, 100.0, 200.0, 0.0, 100.0, 200.0]
    y = [190.0, 210.0, 200.0, 95.0, 110.0, 100.0]
    assert number_grids(["7"] * 6, x, y) == ["7001", "7002", "7003", "7004", "7005", "7006"]


def test_parents_are_numbered_apart_and_may_be_any_text() -> None:
    codes = number_grids(["44001", "44003", "44001", ""], [1.0, 0.0, 0.0, 9.0], [0.0, 0.0, 0.0, 0.0])
    assert codes == ["44001002", "44003001", "44001001", "001"]


def test_taken_codes_are_never_given_again() -> None:
    taken = {"a001", "a003", "b002", "a9999"}
    assert number_grids(["a", "a", "b"], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0], taken=taken) == ["a002", "a004", "b001"]


def test_same_place_keeps_the_order_of_the_input() -> None:
    assert number_grids(["a", "a", "a"], [5.0] * 3, [5.0] * 3) == ["a001", "a002", "a003"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "bb"]), st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6)),
        max_size=60,
        unique=True,
    ),
    st.sets(st.integers(1, 40)),
    st.randoms(use_true_random=False),
)
def test_codes_are_new_different_and_do_not_depend_on_the_order(
    grids: list[tuple[str, int, int]], numbers: set[int], random: Random
) -> None:
    taken = {f"{parent}{n:03d}" for parent in ("a", "bb") for n in numbers}

    def give(rows: list[tuple[str, int, int]]) -> dict[tuple[str, int, int], str]:
        return dict(
            zip(
                rows,
                number_grids([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], taken=taken),
                strict=True,
            )
        )

    codes = give(grids)
    assert len(set(codes.values()) | taken) == len(grids) + len(taken)
    assert all(code.startswith(parent) for (parent, _, _), code in codes.items())
    shuffled = list(grids)
    random.shuffle(shuffled)
    assert give(shuffled) == codes


def test_out_of_numbers_names_the_parent() -> None:
    n = 999
    assert number_grids(["x"] * n, np.arange(n), np.zeros(n))[-1] == "x999"
    with using_language("en"), pytest.raises(CodeError, match=r"Parent x .*999") as caught:
        number_grids(["y"] + ["x"] * (n + 1), np.arange(n + 2), np.zeros(n + 2))
    assert caught.value.remedy
    with pytest.raises(CodeError, match="x"):
        number_grids(["x"] * n, np.arange(n), np.zeros(n), taken=["x500"])


def test_another_scheme_is_data() -> None:
    scheme = GridCodeScheme(sequence_digits=2)
    assert number_grids([COMMUNITY], [0.0], [0.0], scheme=scheme) == [f"{COMMUNITY}01"]
    assert scheme.capacity == 99
    with pytest.raises(CodeError):
        number_grids(["x"] * 100, np.arange(100), np.zeros(100), scheme=scheme)


def test_bad_rows_are_named() -> None:
    with using_language("en"):
        with pytest.raises(CodeError, match="Row 2"):
            number_grids(["a", 5, "b"], [0, 1, 2], [0, 1, 2])  # type: ignore[list-item]
        with pytest.raises(CoordinateError, match="Row 3"):
            number_grids(["a", "a", "b"], [0, 1, np.nan], [0, 1, 2])
        with pytest.raises(CoordinateError, match="Row 3"):
            number_grids(["a", "a", "b"], [0, 1], [0, 1])


def test_nothing_to_number() -> None:
    assert number_grids([], [], []) == []
