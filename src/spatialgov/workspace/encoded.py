"""Answers that are encoded once for all who ask."""

import gzip
import json
import zlib
from dataclasses import dataclass
from typing import Any

__all__ = ["EncodedJson", "encoded_size"]


@dataclass(frozen=True, slots=True)
class EncodedJson:
    """JSON, plain and as gzip, and a tag that changes with it."""

    tag: str
    body: bytes
    packed: bytes

    @classmethod
    def of(cls, answer: Any) -> "EncodedJson":
        """Encode an answer."""
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(f'"{zlib.crc32(body):08x}-{len(body):x}"', body, gzip.compress(body, mtime=0))


def encoded_size(answer: EncodedJson) -> int:
    """Give the bytes that an answer takes in memory: for `spatialgov.workspace.kept.Kept`."""
    return len(answer.body) + len(answer.packed)
