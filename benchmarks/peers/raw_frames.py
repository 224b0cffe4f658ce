"""Frames that the raw peers echo: as long as rpcgen's requests, with nothing in them.

A frame begins with its own length, so that, as in any protocol, a message is
answered when all of it has come. Nothing is multiplied: this is the limit.
"""

from __future__ import annotations

import struct

__all__ = ["BLOB_EXTRA", "CALL", "CALL_SIZE", "HEADER", "ROOM", "blob_frame"]

HEADER = struct.Struct(">I")

# Bytes of `Arith.Multiply`, header and arguments, in gob once its types have been sent, and those
# of `Arith.Blob` beside its blob. A test compares.
CALL_SIZE = 30
BLOB_EXTRA = 28

# For the largest frame, and many small ones.
ROOM = 2 << 20


def _head(size: int, content: int = 0) -> bytes:
    return HEADER.pack(size + content) + bytes(size - HEADER.size)


CALL = _head(CALL_SIZE)


def blob_frame(data: bytes) -> bytes:
    """Return a frame around ``data``."""
    return _head(BLOB_EXTRA, len(data)) + data
