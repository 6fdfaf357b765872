"""Scripts and styles as text that can stand inside one HTML file."""

import base64
import re
from functools import cache

from spatialgov.errors import MissingAssetsError
from spatialgov.language import t
from spatialgov_maps import static_dir

__all__ = ["inline_script", "inline_style", "json_in_script"]


@cache
def inline_script(name: str) -> str:
    """Give a script of `static_dir` so that it can stand between ``<script>`` tags.

    Parameters
    ----------
    name
        Path below `static_dir`, with forward slashes.

    Raises
    ------
    MissingAssetsError
        When the file is not there.
    """
    text = re.sub(r"^//# sourceMappingURL=.*$", "", _read(name).decode("utf-8"), flags=re.MULTILINE)
    # Only strings and comments of a script can hold these, and the escape changes neither.
    return re.sub(r"<(?=/script|!--)", r"\\x3c", text, flags=re.IGNORECASE)


@cache
def inline_style(name: str) -> str:
    """Give a style sheet of `static_dir` with its pictures inside, so that it can stand between ``<style>`` tags.

    Parameters
    ----------
    name
        Path below `static_dir`, with forward slashes; pictures are found beside it.

    Raises
    ------
    MissingAssetsError
        When the file or one of its pictures is not there.
    """
    folder = name.rpartition("/")[0]

    def embedded(match: re.Match[str]) -> str:
        picture = base64.b64encode(_read(f"{folder}/{match[1]}")).decode("ascii")
        return f"url(data:image/png;base64,{picture})"

    text = re.sub(r"url\(([\w./-]+\.png)\)", embedded, _read(name).decode("utf-8"))
    return text.replace("</", r"<\/")


def json_in_script(text: str) -> str:
    """Give JSON text that means the same and can't end or open anything inside a ``<script>``."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _read(name: str) -> bytes:
    try:
        return (static_dir() / name).read_bytes()
    except FileNotFoundError:
        raise MissingAssetsError(
            t("The browser file {name} is missing.", "缺少浏览器文件 {name}。", name=name),
            remedy=t(
                "In a checkout, run: python tools/vendor_assets.py",
                "请在源码目录中运行：python tools/vendor_assets.py",
            ),
        ) from None
