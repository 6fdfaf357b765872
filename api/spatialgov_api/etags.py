"""What a client keeps of earlier answers (RFC 9110, 13.1.2)."""

from typing import Annotated

from fastapi import Header

__all__ = ["KnownTags", "is_known"]

KnownTags = Annotated[str, Header(alias="If-None-Match", description="ETags of answers that the client keeps.")]


def is_known(tag: str, known: str) -> bool:
    """Whether a tag (with its quotes, without ``W/``) is among those of the header ``If-None-Match``."""
    return tag in (one.strip().removeprefix("W/") for one in known.split(","))
