"""The token of a list: it comes back as it was, and tells what has changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.errors import InputError
from spatialgov.workspace.advice_state import DATA, AdviceState, changes_text

REVISIONS = dict.fromkeys(DATA, "1")


def state(*, plan: int = 1, sequence: int = 0, question: str = "a", **revisions: str) -> AdviceState:
    return AdviceState.of(plan, sequence, question, REVISIONS | revisions, [])


@given(st.integers(1, 2**31 - 1), st.integers(0, 2**31 - 1), st.text(), st.text())
def test_a_token_comes_back_as_it_was(plan: int, sequence: int, question: str, roads: str) -> None:
    one = state(plan=plan, sequence=sequence, question=question, roads=roads)
    assert AdviceState.of_token(one.token) == one
    assert len(one.token) < 100


@given(st.text() | st.from_regex(r"[0-9]{1,12}\.[0-9]{1,12}(\.[0-9a-f]{7,9}){5,7}", fullmatch=True))
def test_other_text_is_refused_or_comes_back(text: str) -> None:
    try:
        read = AdviceState.of_token(text)
    except InputError:
        return
    assert [int(read.token.split(".")[i]) for i in (0, 1)] == [int(text.split(".")[i]) for i in (0, 1)]


@pytest.mark.parametrize(
    ("later", "changed", "same"),
    [
        (state(), (), True),
        (state(plan=2, question="b"), ("plan",), False),
        (state(sequence=3), ("journal",), False),
        (state(question="b"), ("question",), True),
        (state(roads="2", incidents="2"), ("roads", "incidents"), True),
    ],
)
def test_what_has_changed_is_named(later: AdviceState, changed: tuple[str, ...], same: bool) -> None:
    assert later.changed_since(state()) == changed
    assert later.same_list(state()) is same
    assert changes_text(changed)


def test_another_list_of_the_same_things_is_that_of_another_program() -> None:
    assert changes_text(["list"]) == "the program is another version"
    assert changes_text(["roads", "list"]) == "roads were imported"
