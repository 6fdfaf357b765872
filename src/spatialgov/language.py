"""The language that messages are written in: English or Chinese.

Both texts stand side by side where they are used (``t("No unit.", "没有基本单元。")``), so that neither can be
changed without the other being seen. The current language is a context variable: the command line sets it once,
the service sets it for each request.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

__all__ = ["LANGUAGES", "Language", "current_language", "language_of", "set_language", "t", "using_language"]

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def language_of(tag: str | None) -> Language:
    """Give the supported language for a locale or HTTP language tag.

    Parameters
    ----------
    tag
        For example ``zh_CN.UTF-8``, ``zh-Hans``, ``en-GB,en;q=0.8``; None and anything unknown mean English.
        The first of the supported languages that is named wins.
    """
    for part in (tag or "").lower().replace("_", "-").split(","):
        name = part.strip()
        if name.startswith("zh"):
            return "zh"
        if name.startswith("en"):
            return "en"
    return "en"


def _from_environment() -> Language:
    for name in ("SPATIALGOV_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return language_of(value)
    return "en"


_current: ContextVar[Language | None] = ContextVar("spatialgov_language", default=None)


def current_language() -> Language:
    """Give the language in force here: the one that was set, else the environment's."""
    return _current.get() or _from_environment()


def set_language(language: Language) -> None:
    """Set the language for the rest of this context (a process, a request, a task)."""
    _current.set(language)


@contextmanager
def using_language(language: Language) -> Iterator[None]:
    """Set the language inside a ``with`` block."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def t(english: str, chinese: str, /, **values: object) -> str:
    """Give the text of the current language with ``values`` filled in by `str.format`."""
    text = chinese if current_language() == "zh" else english
    return text.format(**values) if values else text
