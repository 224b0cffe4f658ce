"""Codecs as programs, good and broken, for the suite to look at."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

__all__ = ["ECHO", "command_of"]

ECHO = """
import sys

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.schema import schema_of
from rpcgen.testing.conformance.service import Value

decoder, encoder, schema = gob.Decoder(sys.stdin.buffer.read()), gob.Encoder(), schema_of(Value)
try:
    while decoder.pending:
        sys.stdout.buffer.write(encoder.encode(decoder.decode(schema), schema))
except DecodeError as error:
    sys.exit(str(error))
"""


def command_of(program: str, folder: Path) -> str:
    """Return the command line of a program of Python, which is put into a folder."""
    path = folder / "program.py"
    path.write_text(program)
    return shlex.join([sys.executable, str(path)])
