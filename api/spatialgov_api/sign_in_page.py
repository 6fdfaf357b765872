"""The sign-in page, for people; software asks for a token."""

import re
from html import escape

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from spatialgov.language import current_language, t
from spatialgov_maps.assets import inline_style

__all__ = ["local_target", "sign_in_page", "to_sign_in"]

_PAGE = """<!DOCTYPE html>
<html lang="{tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
base-uri 'none'; form-action 'self'">
<title>{title} – spatialgov</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header class="top">
<p class="brand"><a href="./?lang={lang}"><span aria-hidden="true" class="mark"></span>spatialgov</a></p>
<a class="button quiet" href="?lang={other_tag}&amp;next={next}" lang="{other_tag}">{other}</a>
</header>
<main class="said sign-in">
<h1>{title}</h1>
<p>{what}</p>
<p class="problem" role="alert">{problem}</p>
<form method="post" action="sign-in?lang={lang}">
<input type="hidden" name="next" value="{next}">
<label>{name}<input name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required></label>
<label>{password}<input name="password" type="password" autocomplete="current-password" required></label>
<p class="buttons"><button type="submit">{title}</button></p>
</form>
</main>
</body>
</html>
"""
_TARGET = re.compile(r"[a-z]+(?:/[a-z]+)?", re.ASCII)


def local_target(path: str) -> str:
    """Give the page to go to after signing in, if it can be one of ours, else "": never another site's."""
    return path if _TARGET.fullmatch(path) and path != "sign-in" else ""


def to_sign_in(request: Request) -> Response:
    """Lead a reader who has not signed in to the sign-in page, and from there back."""
    path = request.url.path.removeprefix(request.scope.get("root_path", "")).lstrip("/")
    up = "../" * path.count("/") or "./"
    return RedirectResponse(f"{up}sign-in?lang={current_language()}&next={local_target(path)}", 303)


def sign_in_page(target: str, problem: str = "", status: int = 200) -> HTMLResponse:
    """Give the page, with what went wrong the last time."""
    chinese = current_language() == "zh"
    text = _PAGE.format(
        tag="zh-CN" if chinese else "en",
        lang=current_language(),
        style=inline_style("css/start.css"),
        other="English" if chinese else "中文",
        other_tag="en" if chinese else "zh",
        title=t("Sign in", "登录"),
        what=t(
            "This service is open to accounts only. Its administrator makes them.",
            "本服务仅对账户开放，账户由管理员建立。",
        ),
        name=t("Account", "账户"),
        password=t("Password", "密码"),
        next=escape(local_target(target)),
        problem=escape(problem),
    )
    return HTMLResponse(text, status, headers={"cache-control": "no-store"})
