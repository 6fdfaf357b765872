"""Answers that the workspace keeps encoded."""

from fastapi import Request, Response

from spatialgov.workspace.encoded import EncodedJson
from spatialgov_api.etags import is_known

__all__ = ["encoded_answer"]


def encoded_answer(request: Request, answer: EncodedJson, known: str) -> Response:
    """Send JSON, as gzip to whoever reads it; nothing (304) to whoever has it.

    Parameters
    ----------
    known
        Tags of what the client has: the header ``If-None-Match``.
    """
    headers = {"etag": f"W/{answer.tag}", "vary": "Accept-Encoding"}
    if is_known(answer.tag, known):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(answer.packed, media_type="application/json", headers=headers | {"content-encoding": "gzip"})
    return Response(answer.body, media_type="application/json", headers=headers)
