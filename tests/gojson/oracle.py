"""A long-lived Go process that says what Go's ``encoding/json`` makes of a text; `oracle/`."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from attrs import frozen

from tests import golang

__all__ = ["Answer", "JsonOracle"]


@frozen
class Answer:
    """The text that Go writes of what it has read, or Go's error."""

    text: str = ""
    error: str = ""


class JsonOracle:
    """A client of the Go process; a context manager, which ends the process."""

    def __init__(self) -> None:
        program = golang.build(Path(__file__).with_name("oracle"))
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._process:
            pass  # it stops when its input does

    def ask(self, type_name: str, text: str | bytes) -> Answer:
        """Unmarshal into a type of Go's, and marshal again."""
        data = text.encode() if isinstance(text, str) else text
        question = {"Type": type_name, "Text": base64.b64encode(data).decode()}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"Go has died over {question}"
        answer = json.loads(line)
        return Answer(base64.b64decode(answer["Text"] or "").decode(), answer["Error"])
