"""Addresses of the interface, as the client knows them, and links to them."""

import re
from typing import Any

from fastapi import Request

__all__ = ["GEOJSON_TYPE", "JSON_TYPE", "SCHEMA_TYPE", "base_url", "link"]

JSON_TYPE = "application/json"
GEOJSON_TYPE = "application/geo+json"
SCHEMA_TYPE = "application/schema+json"

_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?")


def base_url(request: Request) -> str:
    """Give the address of the landing page, without a slash at its end: what a client's links begin with."""
    host = request.headers.get("host", "")
    root = request.scope.get("root_path", "")
    # what can't be a host is not repeated: the links are then to be read from the server's root
    return f"{request.scope['scheme']}://{host}{root}/ogc" if _HOST.fullmatch(host) else f"{root}/ogc"


def link(href: str, rel: str, media_type: str = JSON_TYPE, title: str = "") -> dict[str, Any]:
    """Give a link."""
    return {"href": href, "rel": rel, "type": media_type, **({"title": title} if title else {})}
