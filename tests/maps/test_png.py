"""Pictures as PNG: read back by a few lines of the specification."""

import struct
import zlib

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spatialgov_maps.png import data_url, indexed_png


def read_back(png: bytes) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Positions of the colours, and the palette with its opacities."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        name, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(name + content)
        chunks[name] = content
        at += 12 + length
    width, height, bits, kind, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert kind == 3
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    rows = lines[:, 1:]
    if bits == 4:
        rows = np.stack([rows >> 4, rows & 15], axis=-1).reshape(height, -1)
    colours = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
    opacity = np.frombuffer(chunks[b"tRNS"], np.uint8)
    return rows[:, :width], np.column_stack([colours, opacity])


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(1, 40))
def test_pixels_and_colours_survive(data: st.DataObject, colours: int) -> None:
    shape = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    pixels = data.draw(arrays(np.uint8, shape, elements=st.integers(0, colours - 1)))
    palette = [(k, 255 - k, 7, 0 if k == 0 else 255) for k in range(colours)]
    found, table = read_back(indexed_png(pixels, palette))
    assert (found == pixels).all()
    assert table.tolist() == [list(colour) for colour in palette]


@pytest.mark.parametrize("colours", [7, 20])
def test_a_url_holds_the_picture(colours: int) -> None:
    png = indexed_png(np.zeros((2, 3), np.uint8), [(0, 0, 0, 0)] * colours)
    assert data_url(png).startswith("data:image/png;base64,iVBORw0KGgo")
