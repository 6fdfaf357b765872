"""The files of the pages: compressed once, and under an address that changes with them, so that browsers keep them."""

import gzip
import hashlib
import posixpath
import re
from pathlib import Path

import anyio.to_thread
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

__all__ = ["PageFiles"]

_TEXTS = frozenset({".css", ".html", ".js", ".json", ".mjs", ".svg", ".txt"})
_IMPORT = re.compile(r'\bfrom "(\.{1,2}/[^"]+)";$', re.MULTILINE)
_VERSION = re.compile(r"v-[0-9a-f]{16}")
_FOR_EVER = "public, max-age=31536000, immutable"


class PageFiles(StaticFiles):
    """Serve a folder to browsers, and its HTML files with addresses that tell the version of the folder.

    ``/static/js/start.js`` is asked for again and again, ``/static/v-0123456789abcdef/js/start.js`` once: as soon as
    any file changes, pages name another version. Modules import each other by relative addresses, so that they stay in
    the version of their page.

    Parameters
    ----------
    folder
        With everything below it, a few megabytes: the texts among them are kept in memory, compressed.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        self._folder = folder
        self._packed: dict[tuple[str, int, int], bytes] = {}
        self._seen: tuple[tuple[str, int, int], ...] = ()
        self._version = ""

    def page(self, name: str) -> HTMLResponse:
        """Give an HTML file of the folder, which names the others as ``static/…``.

        Browsers are told at once of all the modules that its scripts import: they would find them one behind the other.
        """
        text = (self._folder / name).read_text(encoding="utf-8")
        scripts = re.findall(r'<script type="module" src="static/([^"]+)">', text)
        links = "".join(f'<link rel="modulepreload" href="static/{file}">\n' for file in self._imported(scripts))
        text = text.replace("</head>", f"{links}</head>")
        return HTMLResponse(text.replace('="static/', f'="static/{self.version()}/'))

    def _imported(self, scripts: list[str]) -> list[str]:
        """Give the modules that scripts import, and those that they import in turn."""
        found = list(scripts)
        for file in found:
            if file.startswith("vendor/"):
                continue  # in one piece
            text = (self._folder / file).read_text(encoding="utf-8")
            for name in _IMPORT.findall(text):
                module = posixpath.normpath(posixpath.join(posixpath.dirname(file), name))
                if module not in found:
                    found.append(module)
        return found[len(scripts) :]

    def version(self) -> str:
        """Give the version of the files: another one as soon as any of them is another."""
        found = ((file, file.stat()) for file in sorted(self._folder.rglob("*")) if file.is_file())
        seen = tuple((str(file), stat.st_mtime_ns, stat.st_size) for file, stat in found)
        if seen != self._seen:
            digest = hashlib.sha256()
            for file, _, size in seen:
                digest.update(f"{file.removeprefix(str(self._folder))} {size} ".encode())
                digest.update(Path(file).read_bytes())
            self._version, self._seen = f"v-{digest.hexdigest()[:16]}", seen
        return self._version

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file: compressed where the browser can read it, to be kept where its address tells a version.

        The address may tell an older one, of a page that was open before: it gets the file as it is now.
        """
        head, _, rest = path.replace("\\", "/").partition("/")
        is_versioned = _VERSION.fullmatch(head) is not None
        response = await super().get_response(rest if is_versioned else path, scope)
        if isinstance(response, FileResponse) and Path(response.path).suffix in _TEXTS:
            asked = Headers(scope=scope)
            if "gzip" in asked.get("accept-encoding", "") and "range" not in asked:
                response = await self._compressed(response)
            response.headers["vary"] = "Accept-Encoding"
        if is_versioned and head == (self._version or self.version()):
            response.headers["cache-control"] = _FOR_EVER
        return response

    async def _compressed(self, plain: FileResponse) -> Response:
        path, stat = str(plain.path), plain.stat_result
        assert stat is not None
        key = path, stat.st_mtime_ns, stat.st_size
        if (body := self._packed.get(key)) is None:
            body = await anyio.to_thread.run_sync(lambda: gzip.compress(Path(path).read_bytes(), mtime=0))
            for old in [other for other in self._packed if other[0] == path]:
                del self._packed[old]
            self._packed[key] = body
        # the same file in another form: its tag is a weak one
        headers = {"etag": f"W/{plain.headers['etag']}", "last-modified": plain.headers["last-modified"]}
        return Response(body, headers=headers | {"content-encoding": "gzip"}, media_type=plain.media_type)
