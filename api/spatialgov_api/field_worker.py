"""The service worker of the field page: the files that it keeps, with a version that changes when any of them does."""

import json
import re
import zlib
from pathlib import Path

from fastapi import Response

from spatialgov_maps import static_dir

__all__ = ["field_worker"]

_IMPORT = re.compile(r'^(?:import|export)\b[^;"]*?"(\.{1,2}/[^"]+)"', re.MULTILINE)
_POLICY = "default-src 'none'; connect-src 'self'"


def field_worker() -> Response:
    """Give the worker's script: a list of what it keeps before the code, so that another version is another script."""
    folder = static_dir().resolve()
    page = folder / "field.html"
    files = _files(folder)
    version = 0
    for file in (page, *files):
        version = zlib.crc32(file.read_bytes(), version)
    kept = ["field", *(f"static/{file.relative_to(folder).as_posix()}" for file in files)]
    shell = json.dumps({"version": f"{version:08x}", "files": kept})
    code = (folder / "field" / "worker.js").read_text(encoding="utf-8")
    headers = {"content-security-policy": _POLICY}
    return Response(f"const SHELL = {shell};\n{code}", media_type="text/javascript", headers=headers)


def _files(folder: Path) -> list[Path]:
    """Give the files of the page, and what its modules import from beside it."""
    found = [file for file in sorted((folder / "field").iterdir()) if file.name != "worker.js"]
    for file in found:  # it grows meanwhile
        if file.suffix in (".js", ".mjs"):
            named = ((file.parent / name).resolve() for name in _IMPORT.findall(file.read_text(encoding="utf-8")))
            found += [one for one in named if one not in found]
    return found
