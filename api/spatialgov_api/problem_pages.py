"""Problems as pages, for a person who follows a link or types an address."""

from html import escape

from fastapi import Request
from fastapi.responses import HTMLResponse

from spatialgov.language import current_language, t
from spatialgov_maps.assets import inline_style

__all__ = ["problem_page", "wants_page"]

_PAGE = """<!DOCTYPE html>
<html lang="{tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
base-uri 'none'; form-action 'none'">
<title>{detail} – spatialgov</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header class="top">
<p class="brand"><a href="{home}"><span aria-hidden="true" class="mark"></span>spatialgov</a></p>
<a class="button quiet" href="?lang={other_tag}" lang="{other_tag}">{other}</a>
</header>
<main class="said">
<p class="small">{status}</p>
<h1>{detail}</h1>
<p>{remedy}</p>
<p><a class="button" href="{home}">{home_text}</a></p>
</main>
</body>
</html>
"""


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page: outside the API, and it prefers HTML."""
    return "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith("/api/")


def problem_page(request: Request, status: int, code: str, detail: str, remedy: str) -> HTMLResponse:
    """Say what is wrong and what to do about it, with the way to the start page, which shows how to begin."""
    depth = request.scope["path"].count("/") - 1  # not by request.url: a client's Host may make that no URL at all
    chinese = current_language() == "zh"
    text = _PAGE.format(
        tag="zh-CN" if chinese else "en",
        style=inline_style("css/start.css"),
        home=f"{'../' * depth or './'}?lang={current_language()}",
        home_text=t("How to begin", "如何开始") if code == "nothing_published" else t("To the start page", "返回首页"),
        other="English" if chinese else "中文",
        other_tag="en" if chinese else "zh",
        status=status,
        detail=escape(detail),
        remedy=escape(remedy),
    )
    return HTMLResponse(text.encode("utf-8", "replace"), status)
