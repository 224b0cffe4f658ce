"""The raw peers send as many bytes as rpcgen does."""

from __future__ import annotations

from benchmarks.messages import Args, Request
from benchmarks.peers.raw_frames import BLOB_EXTRA, CALL, CALL_SIZE, blob_frame
from benchmarks.values import BLOB
from rpcgen import gob
from rpcgen.schema import schema_of


def size(method: str, args: object) -> int:
    """Return the bytes of a call, once the types have been sent."""
    encoder = gob.Encoder()

    def encode() -> bytes:
        header = encoder.encode(Request(method, 7), schema_of(Request))
        return header + encoder.encode(args, schema_of(type(args)))

    encode()
    return len(encode())


def test_call() -> None:
    assert len(CALL) == CALL_SIZE == size("Arith.Multiply", Args(7, 8))


def test_blob() -> None:
    assert len(blob_frame(BLOB)) == len(BLOB) + BLOB_EXTRA == size("Arith.Blob", BLOB)
