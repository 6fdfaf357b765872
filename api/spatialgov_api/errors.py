"""Errors as RFC 9457 problems: one table from error class to HTTP status."""

import json
import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match, Mount

from spatialgov import errors
from spatialgov.errors import (
    EditConflictError,
    FaultyDataError,
    OutdatedListError,
    SpatialGovError,
    TooManyRequestsError,
)
from spatialgov.language import t, using_language
from spatialgov_api.middleware import MOST_BYTES, MOST_SECONDS_TO_SEND, language_asked
from spatialgov_api.problem_pages import problem_page, wants_page
from spatialgov_api.sign_in_page import to_sign_in
from spatialgov_api.validation_texts import validation_text

__all__ = ["STATUS", "install_error_handlers", "problem_of"]

STATUS: dict[type[SpatialGovError], int] = {
    errors.SpatialGovError: 500,
    errors.InputError: 422,
    errors.ParameterError: 400,
    errors.UnreadableFileError: 422,
    errors.TooLargeError: 413,
    errors.MissingColumnError: 422,
    errors.DatumError: 422,
    errors.CoordinateError: 422,
    errors.CodeError: 422,
    errors.FaultyDataError: 422,
    errors.InfeasibleError: 422,
    errors.NotFoundError: 404,
    errors.NothingPublishedError: 404,
    errors.NotSignedInError: 401,
    errors.ForbiddenError: 403,
    errors.TooManyRequestsError: 429,
    errors.ConflictError: 409,
    errors.EditConflictError: 409,
    errors.OutdatedListError: 409,
    errors.MissingAssetsError: 503,
    errors.StoreError: 503,
    errors.TimeLimitError: 503,
    errors.ClusterError: 503,
}
"""Every error class and the status that it is answered with; a test keeps the table total."""

_FAULTS_SHOWN = 100
_CHANGES_SHOWN = 1000
_log = logging.getLogger("spatialgov.api")


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error with a problem; only those from 500 up are logged, with their traceback."""
    app.add_exception_handler(SpatialGovError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unknown)


def problem_of(request: Request, error: Exception) -> Response:
    """Answer an error from outside the routes."""
    return _known(request, error) if isinstance(error, SpatialGovError) else _http(request, error)


def _problem(request: Request, status: int, code: str, detail: str, *, remedy: str = "", **more: Any) -> Response:
    """Give a problem body (`type, title, status, detail, code`, and what else is known), or a page that says it."""
    if wants_page(request):
        return problem_page(request, status, code, detail, remedy)
    body = {
        "type": f"urn:spatialgov:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **({"request_id": request.scope["request_id"]} if "request_id" in request.scope else {}),
        **({"remedy": remedy} if remedy else {}),
        **more,
    }
    # What a client sent may be quoted here, half a character (a lone surrogate) too: UTF-8 can't hold that.
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(text, status, media_type="application/problem+json")


def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, SpatialGovError)
    status = STATUS[type(error)]
    if status >= 500:
        _log.error("%s", error, exc_info=error)
    more: dict[str, Any] = {}
    if isinstance(error, FaultyDataError):
        more["faults"] = [fault.as_dict() for fault in error.faults[:_FAULTS_SHOWN]]
    if isinstance(error, OutdatedListError):
        more |= {"token": error.token, "changed": error.changed}
    if isinstance(error, EditConflictError | OutdatedListError):
        more |= {"plan": error.plan_id, "sequence": error.sequence, "changes": error.changes[-_CHANGES_SHOWN:]}
    if status == 401 and wants_page(request) and request.method == "GET":
        return to_sign_in(request)
    answer = _problem(request, status, error.code, error.message, remedy=error.remedy, **more)
    if status == 401:
        failed = ', error="invalid_token"' if "authorization" in request.headers else ""
        answer.headers["www-authenticate"] = f'Bearer realm="spatialgov"{failed}'
    if isinstance(error, TooManyRequestsError):
        answer.headers["retry-after"] = str(error.retry_after_s)
    return answer


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [{"where": ".".join(map(str, e["loc"])), "message": validation_text(e)} for e in error.errors()]
    detail = "; ".join(f"{e['where']}: {e['message']}" for e in found[:5])
    return _problem(request, 422, "invalid_request", detail, errors=found[:_FAULTS_SHOWN])


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {
        400: t("The body of the request can't be read.", "无法读取请求内容。"),
        403: t("Pages of other sites may change nothing here.", "其他网站的页面不得更改此处的内容。"),
        404: t("There is nothing at this address.", "此地址没有内容。"),
        405: t("This address does not take {method}.", "此地址不支持 {method} 请求。", method=request.method),
        408: t("The request did not arrive within {n} seconds.", "请求未在 {n} 秒内传完。", n=MOST_SECONDS_TO_SEND),
        413: t("The request is larger than {n} MiB.", "请求内容超过 {n} MiB。", n=MOST_BYTES // 2**20),
        415: t("Compressed requests are not read.", "不接受压缩的请求内容。"),
    }
    remedies = {
        404: t("Start page and API reference lead to all there is.", "可从首页和接口文档找到全部内容。"),
        413: t("Send it in parts.", "请分批发送。"),
        415: t("Send it without Content-Encoding.", "请勿使用 Content-Encoding。"),
    }
    status = error.status_code
    detail, remedy = details.get(status, str(error.detail)), remedies.get(status, "")
    answer = _problem(request, status, f"http_{status}", detail, remedy=remedy)
    answer.headers.update(error.headers or {})
    if status == 405:
        answer.headers["allow"] = ", ".join(_methods(request))
    return answer


def _methods(request: Request) -> list[str]:
    """Give all methods of an address; each of its routes knows only its own. A folder of files takes GET and HEAD."""
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    found = []
    for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in routes):
            found.append(method)
    return found or ["GET", "HEAD"]


def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)  # nobody is there to read it


def _unknown(request: Request, error: Exception) -> Response:
    _log.error("unexpected error", exc_info=error)
    with using_language(language_asked(request.scope)):  # what comes here has left the middleware behind
        detail = t("Something went wrong here; the request was not carried out.", "服务内部错误，请求未执行。")
        return _problem(request, 500, "internal", detail)
