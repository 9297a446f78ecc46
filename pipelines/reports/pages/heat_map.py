"""Probabilities over time as a small picture: a row per label in its colour, opaque where it is certain."""

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def heat_map(probabilities: NDArray[np.float64], row_colours: Sequence[str]) -> str:
    """(slots, k) probabilities and k colours `#rrggbb` -> a PNG data URI, `slots` wide and `k` high.

    NaN is transparent.
    """
    opacity = np.nan_to_num(np.clip(probabilities, 0.0, 1.0), nan=0.0).T
    pixels = np.empty((*opacity.shape, 4), dtype=np.uint8)
    pixels[..., :3] = np.array([list(bytes.fromhex(colour[1:])) for colour in row_colours], dtype=np.uint8)[:, None, :]
    pixels[..., 3] = np.rint(opacity * 255)
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def png(pixels: NDArray[np.uint8]) -> bytes:
    """(height, width, 4) RGBA, 8 bits -> PNG (ISO/IEC 15948), without filters."""
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), dtype=np.uint8), pixels.reshape(height, width * 4)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
