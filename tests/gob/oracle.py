"""A long-lived Go process that says what Go's ``encoding/gob`` does with a value or a stream.

The Go side is `oracle/`: types are described in JSON and built by reflection,
values are described in JSON as `oracle/values.go` says. `tests.gob.shapes`
makes both descriptions.
"""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from attrs import define, field, frozen

from tests import golang

__all__ = ["Decoded", "Encoded", "Json", "Oracle"]

# None, bool, int, str, or lists and objects of these.
Json: TypeAlias = bool | int | str | list[Any] | dict[str, Any] | None


@frozen
class Encoded:
    """What each value added to the stream, up to the one that failed; ``error`` is Go's text."""

    parts: tuple[bytes, ...]
    error: str

    @property
    def data(self) -> bytes:
        """The whole stream."""
        return b"".join(self.parts)


@frozen
class Decoded:
    """The values read, up to the one that failed; ``error`` is Go's text, or empty."""

    values: tuple[Json, ...]
    error: str


@functools.cache
def _program() -> Path:
    return golang.build(Path(__file__).parent / "oracle")


@define
class Oracle:
    """A client of the Go process; a context manager, which ends the process."""

    process: subprocess.Popen[bytes]
    _registered: set[str] = field(factory=set, init=False)

    @classmethod
    def start(cls) -> Oracle:
        """Build the program, if it has changed, and start it."""
        process = subprocess.Popen([_program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return cls(process)

    def __enter__(self) -> Oracle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process: it stops when its input does."""
        with self.process:
            pass

    def register(self, name: str, shape: Json) -> None:
        """Let values of the type ``shape`` travel in interfaces under ``name``; once is enough."""
        if name in self._registered:
            return
        self._registered.add(name)
        answer = self._ask({"op": "register", "name": name, "type": shape})
        if answer["error"]:
            raise RuntimeError(answer["error"])

    def encode(self, *items: tuple[Json, Json]) -> Encoded:
        """Encode (type, value) pairs on one stream."""
        described = [{"type": shape, "value": value} for shape, value in items]
        answer = self._ask({"op": "encode", "items": described})
        parts = tuple(bytes.fromhex(each) for each in answer["data"] or ())
        return Encoded(parts, answer["error"])

    def decode(self, data: bytes, shapes: Sequence[Json]) -> Decoded:
        """Decode one value of each type from a stream; the type None discards a value.

        Bytes left over count as an error.
        """
        answer = self._ask({"op": "decode", "types": list(shapes), "data": data.hex()})
        return Decoded(tuple(answer["values"] or ()), answer["error"])

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"Go has died over {json.dumps(question)}")
        answer: dict[str, Any] = json.loads(line)
        if "oracle:" in answer["error"]:  # not an error of gob
            raise RuntimeError(f"{answer['error']} in {json.dumps(question)}")
        return answer
