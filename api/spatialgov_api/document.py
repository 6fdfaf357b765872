"""The OpenAPI document: what FastAPI writes, with the problems that our routes answer with instead of its own."""

from typing import Any

from spatialgov_api.schemas import LocateManyRequest, Problem

__all__ = ["PROBLEM", "with_problems"]

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
"""Content of an answer that is a problem, for a route that has one more than its method."""

_TEXTS = {
    400: "The body can't be read.",
    403: "A page of another site sent it.",
    404: "There is no such thing, nothing is published yet, or the location lies outside all grids.",
    408: "The body did not arrive in time.",
    409: "Something else came first, or the state of the plan forbids it.",
    413: "The body is too large.",
    415: "The body is compressed.",
    422: "A value can't be used; nothing was changed.",
    503: "The store is busy or out of reach, or the question takes too long; nothing was changed.",
}
_STATUSES = {"get": (404, 422, 503), "post": (400, 403, 404, 408, 409, 413, 415, 422, 503)}


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Give the document with every route of the API declaring its problems, in RFC 9457's media type."""
    schemas = document["components"]["schemas"]
    for model in (Problem, LocateManyRequest):  # no route names them to FastAPI
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path, operations in document["paths"].items():
        if path.startswith("/api/"):
            for method, operation in operations.items():
                problems = {str(s): {"description": _TEXTS[s], "content": PROBLEM} for s in _STATUSES[method]}
                operation["responses"] |= problems
    return document
