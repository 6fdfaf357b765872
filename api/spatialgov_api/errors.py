"""Errors as RFC 9457 problems: one table from error class to HTTP status."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from spatialgov import errors
from spatialgov.errors import FaultyDataError, SpatialGovError
from spatialgov.language import t

__all__ = ["STATUS", "install_error_handlers", "problem"]

STATUS: dict[type[SpatialGovError], int] = {
    errors.SpatialGovError: 500,
    errors.InputError: 422,
    errors.UnreadableFileError: 422,
    errors.MissingColumnError: 422,
    errors.DatumError: 422,
    errors.CoordinateError: 422,
    errors.CodeError: 422,
    errors.FaultyDataError: 422,
    errors.InfeasibleError: 422,
    errors.NotFoundError: 404,
    errors.NothingPublishedError: 404,
    errors.ConflictError: 409,
    errors.MissingAssetsError: 503,
    errors.StoreError: 503,
}
"""Every error class and the status that it is answered with; a test keeps the table total."""

_FAULTS_SHOWN = 100
_log = logging.getLogger("spatialgov.api")


def problem(status: int, code: str, detail: str, **more: Any) -> JSONResponse:
    """Give a problem body: `type, title, status, detail, code`, and what else is known."""
    body = {
        "type": f"urn:spatialgov:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return JSONResponse(body | more, status, media_type="application/problem+json")


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error with a problem; only those from 500 up are logged, with their traceback."""
    app.add_exception_handler(SpatialGovError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


def _known(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SpatialGovError)
    status = STATUS[type(error)]
    if status >= 500:
        _log.error("%s", error, exc_info=error)
    more: dict[str, Any] = {"remedy": error.remedy} if error.remedy else {}
    if isinstance(error, FaultyDataError):
        more["faults"] = [fault.as_dict() for fault in error.faults[:_FAULTS_SHOWN]]
    return problem(status, error.code, error.message, **more)


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = [{"where": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{e['where']}: {e['message']}" for e in found[:5])
    return problem(422, "invalid_request", detail, errors=found[:_FAULTS_SHOWN])


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    answer = problem(error.status_code, f"http_{error.status_code}", str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _unknown(_request: Request, error: Exception) -> JSONResponse:
    _log.error("unexpected error", exc_info=error)
    return problem(
        500, "internal", t("Something went wrong here; the request was not carried out.", "服务内部错误，请求未执行。")
    )
