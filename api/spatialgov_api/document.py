"""The OpenAPI document: what FastAPI writes, with the problems that our routes answer with instead of its own."""

from typing import Any

from spatialgov_api.access.access import COOKIE
from spatialgov_api.access.rules import RULES
from spatialgov_api.schemas import LocateManyRequest, Problem

__all__ = ["PROBLEM", "with_problems"]

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
"""Content of an answer that is a problem, for a route that has one more than its method."""

_TEXTS = {
    400: "The body can't be read.",
    401: "There are accounts, and the request shows no credentials that hold.",
    403: "The account's role or its jurisdictions don't cover it, or a page of another site sent it.",
    404: "There is no such thing, nothing is published yet, or the location lies outside all grids.",
    408: "The body did not arrive in time.",
    409: "Something else came first, or the state of the plan forbids it.",
    413: "The body is too large.",
    415: "The body is compressed.",
    422: "A value can't be used; nothing was changed.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    503: "The store is busy or out of reach, or the question takes too long; nothing was changed.",
}
_STATUSES = {
    "get": (401, 403, 404, 422, 429, 503),
    "post": (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
    "delete": (401, 403, 404, 422, 429, 503),
}
_SCHEMES = {
    "token": {"type": "oauth2", "flows": {"password": {"tokenUrl": "api/v1/token", "scopes": {}}}},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Set by the sign-in page."},
}


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Give the document with every route of the API declaring its problems, in RFC 9457's media type."""
    schemas = document["components"]["schemas"]
    for model in (Problem, LocateManyRequest):  # no route names them to FastAPI
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = _SCHEMES
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            rule = RULES.get((method.upper(), path))
            if rule is not None and rule.permission is not None:
                operation["security"] = [{name: []} for name in _SCHEMES]
            if path.startswith("/api/"):
                problems = {str(s): {"description": _TEXTS[s], "content": PROBLEM} for s in _STATUSES[method]}
                operation["responses"] |= problems
    return document
