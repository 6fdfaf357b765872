"""A CSV cut where records begin, so that each piece can be read by itself."""

import codecs
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spatialgov.vector_io._kernels import record_end

__all__ = ["RecordPiece", "record_pieces"]


class RecordPiece(NamedTuple):
    """Some records that follow each other: from which byte, before which byte, and the records before them.

    Of a file with a head, that counts as one of them. Only the whole file tells its encoding, so pieces say it.
    """

    begin: int
    end: int
    records: int
    encoding: str


def record_pieces(path: Path, n_bytes: int, encoding: str) -> list[RecordPiece]:
    """Cut a CSV into pieces of about so many bytes, at least one; a line end inside quotes ends no record.

    Parameters
    ----------
    path
        Text in which commas, quotes and line ends are bytes of their own: not UTF-16.
    n_bytes
        A piece is longer where its last record is.
    encoding
        Of the file, for the pieces.
    """
    size = path.stat().st_size
    cuts = [(0, 0)]
    if size > n_bytes:
        text = np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray)
        at = 3 if text[:3].tobytes() == codecs.BOM_UTF8 else 0
        records = 0
        for wanted in range(n_bytes, size, n_bytes):
            if wanted > at:
                at, records = record_end(text, at, records, wanted)
                if not 0 <= at < size:
                    break
                cuts.append((at, records))
    ends = [begin for begin, _ in cuts[1:]] + [size]
    return [RecordPiece(begin, end, records, encoding) for (begin, records), end in zip(cuts, ends, strict=True)]
