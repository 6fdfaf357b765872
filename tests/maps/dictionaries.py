"""A page's dictionary: every text in both languages, every key used, every key that is used there."""

import re
from collections.abc import Collection

from spatialgov_maps import static_dir

__all__ = ["check_dictionary"]


def check_dictionary(page: str, *, made_up: Collection[str] = (), names: Collection[str] = ()) -> None:
    """Check the texts of a page, `static/PAGE.html` with its modules in `static/PAGE/`.

    Parameters
    ----------
    page
        Name of the page.
    made_up
        Beginnings of keys that are put together.
    names
        Keys that are the names of things.
    """
    modules = static_dir() / page
    texts = (modules / "texts.mjs").read_text(encoding="utf-8")
    body = "".join(re.findall(r"^export const \w+ = \{\n(.*?)^\};$", texts, re.MULTILINE | re.DOTALL))
    text = r'"((?:[^"\\]|\\.)+)"'
    entries = re.findall(rf"^  (\w+): \[\s*{text},\s*{text},?\s*\],$", body, re.MULTILINE)
    keys = {key for key, _, _ in entries}
    assert len(entries) == len(keys) == len(re.findall(r"^  \w+: ", body, re.MULTILINE))
    for key, english, chinese in entries:
        assert sorted(re.findall(r"\{(\w+)\}", english)) == sorted(re.findall(r"\{(\w+)\}", chinese)), key
        assert re.search(r"[\u3000-\u303f\u4e00-\u9fff]", chinese), key
    files = [static_dir() / f"{page}.html", *modules.glob("*.mjs")]
    code = "".join(file.read_text(encoding="utf-8") for file in files if file.name != "texts.mjs")
    unused = {key for key in keys if not re.search(rf'["`]{key}["`]', code) and not key.startswith(tuple(made_up))}
    assert unused <= set(names)
    used = set(re.findall(r'\btext\("(\w+)"', code)) | set(re.findall(r'data-(?:text|label)="(\w+)"', code))
    common = (static_dir() / "js" / "texts.js").read_text(encoding="utf-8")
    assert {key for key in used - keys if not re.search(rf"^  {key}: \[", common, re.MULTILINE)} == set()
