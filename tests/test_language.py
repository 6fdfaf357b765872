"""The language of messages."""

import asyncio
from contextvars import Context

import pytest

from spatialgov.language import Language, current_language, language_of, set_language, t, using_language

VARIABLES = ("SPATIALGOV_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh_CN.UTF-8", "zh"),
        ("zh-Hans", "zh"),
        ("ZH", "zh"),
        ("en_GB.UTF-8", "en"),
        ("en-GB,en;q=0.8,zh;q=0.5", "en"),
        ("fr-FR, zh-CN;q=0.9, en;q=0.1", "zh"),
        ("C.UTF-8", "en"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_language_of(tag: str | None, language: Language) -> None:
    assert language_of(tag) == language


@pytest.mark.usefixtures("_no_environment")
def test_environment_is_asked_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_set = Context()
    assert nothing_set.run(current_language) == "en"
    for name, tag in reversed(list(zip(VARIABLES, ("zh", "en", "zh", "en"), strict=True))):
        monkeypatch.setenv(name, tag)
        assert nothing_set.run(current_language) == language_of(tag)


def test_using_language_holds_inside_the_block_only() -> None:
    before = current_language()
    with using_language("zh"):
        assert t("No unit.", "没有基本单元。") == "没有基本单元。"
        with using_language("en"):
            assert t("No unit.", "没有基本单元。") == "No unit."
        assert current_language() == "zh"
    assert current_language() == before


def test_block_ends_when_it_fails() -> None:
    before = current_language()
    with pytest.raises(ValueError, match="x"), using_language("zh"):
        raise ValueError("x")
    assert current_language() == before


def test_set_language_stays_in_its_task() -> None:
    async def request(language: Language) -> str:
        set_language(language)
        await asyncio.sleep(0)
        return t("{n} grids", "{n} 个网格", n=3)

    async def both() -> list[str]:
        return list(await asyncio.gather(request("zh"), request("en")))

    before = current_language()
    assert asyncio.run(both()) == ["3 个网格", "3 grids"]
    assert current_language() == before


def test_text_without_values_is_left_alone() -> None:
    with using_language("en"):
        assert t("a {brace}", "一个 {括号}") == "a {brace}"
        assert t("{lon:.2f}°", "{lon:.2f} 度", lon=1.234) == "1.23°"
