"""Column types that mean the same on both backends: times in UTC, and text and JSON that both can hold."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["PlainJson", "PlainText", "UtcDateTime", "checked_text", "checked_time", "plain_json"]


def checked_text(value: str) -> str:
    """Give the text, or raise `InputError` when it holds what PostgreSQL can't store: NUL or half a character."""
    if "\0" in value:
        raise InputError(
            t("The text {value!r} contains a NUL character.", "文本 {value!r} 含有空字符（NUL）。", value=value[:60]),
            remedy=t("Remove it.", "请删除该字符。"),
        )
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            t("The text {value!r} is not valid Unicode.", "文本 {value!r} 不是有效的 Unicode。", value=value[:60]),
            remedy=t("Save the file as UTF-8.", "请将文件另存为 UTF-8。"),
        ) from error
    return value


def checked_time(value: datetime) -> datetime:
    """Give the moment in UTC, or raise `InputError` when it has no time zone."""
    if value.tzinfo is None:
        raise InputError(
            t("The time {value} has no time zone.", "时间 {value} 没有时区。", value=value),
            remedy=t("Name the zone, e.g. +08:00.", "请注明时区，例如 +08:00。"),
        )
    return value.astimezone(UTC)


def plain_json(value: Any) -> Any:
    """Give what JSON can hold: numpy's numbers and arrays as Python's, NaN and infinity as None; else `InputError`."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, str):
        return checked_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {plain_json(str(key)): plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    if value is None or isinstance(value, bool | int):
        return value
    raise InputError(
        t("A {kind} can't be stored as JSON.", "{kind} 类型的值无法存为 JSON。", kind=type(value).__name__),
        remedy=t("Convert it to text or a number.", "请转换为文本或数字。"),
    )


class PlainText(TypeDecorator[str]):
    """Text of any length and script, checked by `checked_text`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Check what is sent."""
        return None if value is None else checked_text(value)


class PlainJson(TypeDecorator[dict[str, Any]]):
    """A mapping of plain values, made so by `plain_json`."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> Any:
        """Check and convert what is sent."""
        return plain_json(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: timezone-aware in Python, UTC in the store, to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment in UTC; SQLite's text carries no zone."""
        return None if value is None else checked_time(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
