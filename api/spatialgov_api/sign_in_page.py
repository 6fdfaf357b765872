"""The sign-in page, for people; software asks for a token."""

import re
from html import escape

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from spatialgov.language import current_language, t
from spatialgov_api.plain_page import plain_page

__all__ = ["local_target", "sign_in_page", "to_sign_in"]

_MAIN = """<main class="said sign-in">
<h1>{title}</h1>
<p>{what}</p>
<p class="problem" role="alert">{problem}</p>
<form method="post" action="sign-in?lang={lang}">
<input type="hidden" name="next" value="{next}">
<label>{name}<input name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required></label>
<label>{password}<input name="password" type="password" autocomplete="current-password" required></label>
<p class="buttons"><button type="submit">{title}</button></p>
</form>
</main>"""
_TARGET = re.compile(r"[a-z]+(?:/[a-z]+)?", re.ASCII)


def local_target(path: str) -> str:
    """Give the page to go to after signing in, if it can be one of ours, else "": never another site's."""
    return path if _TARGET.fullmatch(path) and path != "sign-in" else ""


def to_sign_in(request: Request) -> Response:
    """Lead a reader who has not signed in to the sign-in page, and from there back."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", "")).lstrip("/")
    up = "../" * path.count("/") or "./"
    return RedirectResponse(f"{up}sign-in?lang={current_language()}&next={local_target(path)}", 303)


def sign_in_page(target: str, problem: str = "", status: int = 200) -> HTMLResponse:
    """Give the page, with what went wrong the last time."""
    title, after = t("Sign in", "登录"), escape(local_target(target))
    main = _MAIN.format(
        lang=current_language(),
        title=title,
        what=t(
            "This service is open to accounts only. Its administrator makes them.",
            "本服务仅对账户开放，账户由管理员建立。",
        ),
        name=t("Account", "账户"),
        password=t("Password", "密码"),
        next=after,
        problem=escape(problem),
    )
    text = plain_page(title, main, query=f"&amp;next={after}", form_script="js/sign_in.js")
    return HTMLResponse(text, status, headers={"cache-control": "no-store"})
