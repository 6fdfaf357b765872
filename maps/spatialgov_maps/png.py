"""PNG pictures of a few colours, as text that can stand in a page."""

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["data_url", "indexed_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EFFORT = 7
"""Of zlib: the last two steps would take five times as long for a twentieth of the size."""


def indexed_png(pixels: npt.NDArray[np.uint8], palette: Sequence[tuple[int, int, int, int]]) -> bytes:
    """Give a picture whose pixels are numbers of colours.

    Parameters
    ----------
    pixels
        (height, width) positions in `palette`, from the top left.
    palette
        Red, green, blue and opacity, each 0 to 255; at most 256 colours.
    """
    height, width = pixels.shape
    bits = 4 if len(palette) <= 16 else 8
    rows = pixels
    if bits == 4:
        even = np.pad(pixels, ((0, 0), (0, width % 2)))
        rows = np.bitwise_or(np.left_shift(even[:, ::2], 4), even[:, 1::2]).astype(np.uint8)
    lines = np.pad(rows, ((0, 0), (1, 0)))  # each begins with its filter: none
    colours = np.asarray(palette, dtype=np.uint8)
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 3, 0, 0, 0)),
            _chunk(b"PLTE", colours[:, :3].tobytes()),
            _chunk(b"tRNS", colours[:, 3].tobytes()),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), _EFFORT)),
            _chunk(b"IEND", b""),
        ]
    )


def data_url(png: bytes) -> str:
    """Give a picture as a URL that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
