"""What is wrong with a value of a request, in the language in force: pydantic itself only speaks English."""

from collections.abc import Mapping
from typing import Any

from spatialgov.language import current_language

__all__ = ["validation_text"]

_CHINESE = {
    "missing": "缺少该项",
    "extra_forbidden": "没有该选项",
    "json_invalid": "不是有效的 JSON",
    "model_attributes_type": "应为 JSON 对象",
    "dict_type": "应为 JSON 对象",
    "list_type": "应为列表",
    "string_type": "应为文本",
    "string_too_short": "不得少于 {min_length} 个字符",
    "string_too_long": "不得多于 {max_length} 个字符",
    "string_pattern_mismatch": "应符合 {pattern}",
    "string_unicode": "不是有效的 Unicode 文本",
    "too_short": "不得少于 {min_length} 项",
    "too_long": "不得多于 {max_length} 项",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "整数过大",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不得小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不得大于 {le}",
    "literal_error": "应为以下之一：{expected}",
    "union_tag_invalid": "{discriminator} 应为以下之一：{expected_tags}",
    "union_tag_not_found": "缺少 {discriminator}",
    "datetime_type": "应为带时区偏移的时间",
    "datetime_parsing": "应为带时区偏移的时间，例如 2026-11-01T00:00:00+08:00",
    "datetime_from_date_parsing": "应为带时区偏移的时间，例如 2026-11-01T00:00:00+08:00",
    "timezone_aware": "缺少时区偏移，例如 +08:00",
}
"""Type of the error (pydantic's documentation lists them) → text with the values of its context."""


def validation_text(error: Mapping[str, Any]) -> str:
    """Give the message of one of pydantic's errors; in English where there is no other."""
    chinese = _CHINESE.get(error["type"]) if current_language() == "zh" else None
    return chinese.format(**error.get("ctx", {})) if chinese else str(error["msg"])
