"""Signing in: tokens for software, a cookie for the pages."""

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from spatialgov.acts import current_act
from spatialgov.errors import InputError, NotSignedInError, TooManyRequestsError
from spatialgov.language import current_language, t
from spatialgov.store import AccountRecord
from spatialgov.workspace import Workspace
from spatialgov_api.access.access import COOKIE
from spatialgov_api.access.limits import Buckets
from spatialgov_api.dependencies import WorkspaceHere, refuse_foreign_pages
from spatialgov_api.schemas import TokenAnswer
from spatialgov_api.sign_in_page import local_target, sign_in_page

__all__ = ["SignInLimits", "pages", "router"]

router = APIRouter(tags=["accounts"])
pages = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_foreign_pages)])

_MOST_BYTES = 4096
_MOST_NAME = 64
_FORM = "application/x-www-form-urlencoded"
_TOKEN_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "required": ["grant_type", "username", "password"],
                "properties": {
                    "grant_type": {"type": "string", "const": "password"},
                    "username": {"type": "string", "maxLength": 63},
                    "password": {"type": "string", "format": "password", "maxLength": 256},
                },
            }
        }
    },
}


class SignInLimits:
    """How often a password may be tried: wrong ones by account, all by address; each process counts for itself."""

    def __init__(self) -> None:
        self._wrong = Buckets(per_minute=2, size=10)
        self._all = Buckets(per_minute=30, size=30)

    def before(self, name: str, address: str) -> None:
        """Raise `TooManyRequestsError` when it is too early for another try."""
        if wait_s := max(self._wrong.wait(name), self._all.take(address)):
            raise TooManyRequestsError(
                t("Too many attempts to sign in.", "登录尝试过于频繁。"),
                remedy=t("Try again in {n} s.", "请在 {n} 秒后重试。", n=wait_s),
                retry_after_s=wait_s,
            )

    def wrong(self, name: str) -> None:
        """Count a wrong password."""
        self._wrong.take(name)


async def _form(request: Request) -> dict[str, str]:
    """Read a small form: each field's first value."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise HTTPException(413)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise InputError(
            t("The body is not a form.", "请求内容不是表单。"),
            remedy=t("Send it as {kind}.", "请以 {kind} 发送。", kind=_FORM),
        )
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError as error:
        raise InputError(t("The form can't be read.", "无法读取表单。")) from error
    return {name: values[0] for name, values in fields.items()}


Form = Annotated[dict[str, str], Depends(_form)]


def _signed_in(request: Request, workspace: Workspace, form: dict[str, str]) -> AccountRecord:
    """Give the account whose name and password a form has; the answer does not tell which of them is wrong."""
    name, password = form.get("username", "")[:_MOST_NAME], form.get("password", "")
    limits: SignInLimits = request.app.state.sign_in_limits
    limits.before(name, request.client.host if request.client else "")
    account = workspace.store.accounts.state().accounts.get(name)
    right = workspace.accounts.verified(account, password)
    if account is not None and (act := current_act()) is not None:
        act.details["account"] = name  # a name that is none may be a password in the wrong field
    if account is None or not right:
        limits.wrong(name)
        raise NotSignedInError(
            t("Account and password don't match.", "账户与密码不匹配。"),
            remedy=t("Try again, or ask the administrator for a new password.", "请重试，或请管理员重设密码。"),
        )
    return account


@router.post(
    "/token", summary="Sign in for a token", response_model=TokenAnswer, openapi_extra={"requestBody": _TOKEN_BODY}
)
def token(request: Request, workspace: WorkspaceHere, form: Form) -> Response:
    """Give a bearer token for an account's name and password (OAuth 2.0, grant type ``password``)."""
    if form.get("grant_type") != "password":
        raise InputError(
            t("The grant type is not “password”.", "grant_type 不是 password。"),
            remedy=t("Send grant_type=password.", "请发送 grant_type=password。"),
        )
    account = _signed_in(request, workspace, form)
    minutes = request.app.state.settings.token_minutes
    issued = request.app.state.access.tokens.issue(account, minutes)
    answer = {"access_token": issued, "token_type": "bearer", "expires_in": int(minutes * 60)}
    return JSONResponse(answer, headers={"cache-control": "no-store"})


@pages.get("/sign-in")
def show_sign_in(next: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Give the sign-in page."""
    return sign_in_page(next)


@pages.post("/sign-in")
def sign_in(request: Request, workspace: WorkspaceHere, form: Form) -> Response:
    """Set the cookie and lead on, or show the page again with what went wrong."""
    target = form.get("next", "")
    try:
        account = _signed_in(request, workspace, form)
    except NotSignedInError as error:
        return sign_in_page(target, error.message, 401)
    except TooManyRequestsError as error:
        again = sign_in_page(target, str(error), 429)
        again.headers["retry-after"] = str(error.retry_after_s)
        return again
    minutes = request.app.state.settings.sign_in_minutes
    answer = RedirectResponse(f"./{local_target(target)}?lang={current_language()}", 303)
    answer.set_cookie(
        COOKIE,
        request.app.state.access.tokens.issue(account, minutes),
        max_age=int(minutes * 60),
        path=request.scope.get("root_path") or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


@pages.post("/sign-out")
def sign_out(request: Request) -> Response:
    """Take the cookie away."""
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path=request.scope.get("root_path") or "/", httponly=True, samesite="strict")
    return answer
