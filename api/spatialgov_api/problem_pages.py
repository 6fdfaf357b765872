"""Problems as pages, for a person who follows a link or types an address."""

from html import escape

from fastapi import Request
from fastapi.responses import HTMLResponse

from spatialgov.language import current_language, t
from spatialgov_api.plain_page import plain_page

__all__ = ["problem_page", "wants_page"]

_MAIN = """<main class="said">
<p class="small">{status}</p>
<h1>{detail}</h1>
<p>{remedy}</p>
<p><a class="button" href="{home}?lang={lang}">{home_text}</a></p>
</main>"""


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page: outside the API, and it prefers HTML."""
    return "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith("/api/")


def problem_page(request: Request, status: int, code: str, detail: str, remedy: str) -> HTMLResponse:
    """Say what is wrong and what to do about it, with the way to the start page, which shows how to begin."""
    depth = request.scope["path"].count("/") - 1  # not by request.url: a client's Host may make that no URL at all
    home = "../" * depth or "./"
    main = _MAIN.format(
        home=home,
        lang=current_language(),
        home_text=t("How to begin", "如何开始") if code == "nothing_published" else t("To the start page", "返回首页"),
        status=status,
        detail=escape(detail),
        remedy=escape(remedy),
    )
    return HTMLResponse(plain_page(escape(detail), main, home=home).encode("utf-8", "replace"), status)
