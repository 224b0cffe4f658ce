"""Errors of values that do not fit: ours of what is encoded, Go's of what is decoded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rpcgen.errors import EncodeError
from rpcgen.schema.shown import shown

from .numbers import digits_of

__all__ = ["MismatchError", "PlacedError", "RepeatedError", "misfit", "too_large"]


def misfit(value: object, wanted: str) -> EncodeError:
    """Return the error for a value of another type.

    Args:
        value: The value.
        wanted: What it should be, such as ``a bool``.

    Returns:
        The error.
    """
    return EncodeError(f"{shown(value)} is not {wanted}")


def too_large(value: object, wanted: str) -> EncodeError:
    """Return the error for a number beyond its type.

    Args:
        value: The number.
        wanted: Go's spelling of the type.

    Returns:
        The error.
    """
    return EncodeError(f"{shown(value)} does not fit {wanted}")


class RepeatedError(Exception):
    """A message has a member twice, or more often."""


class MismatchError(Exception):
    """A value of the wrong type; ``path`` is filled on the way up, the innermost step first."""

    def __init__(self, value: object, go: str, hint: str = "") -> None:
        super().__init__(go)
        self.path: list[str] = []
        self.value = value
        # Spelling of the number by the peer, where Python does not know that.
        self.spelling = ""
        self._kind = _KINDS.get(type(value), "number")
        self._is_spelled = False
        self._go = go
        self._hint = hint

    @classmethod
    def of_number(cls, value: object, go: str) -> MismatchError:
        """Return the error for what may be a number, but not one of this type."""
        error = cls(value, go)
        error._is_spelled = error._kind == "number"
        return error

    @classmethod
    def of_key(cls, key: str, go: str) -> MismatchError:
        """Return the error for a key that is not a number of this type."""
        error = cls(key, go)
        error._kind = f"number {key}"
        return error

    def text(self, root: str, path: Iterable[str]) -> str:
        """Return Go's text; ``root`` is the name of the type at the top, if it is a message."""
        kind = self._kind
        if self._is_spelled:
            kind += f" {self.spelling or _number_text(self.value)}"
        where = self._where(root, path)
        return f"json: cannot unmarshal {kind} into {where} of type {self._go}{self._hint}"

    def _where(self, root: str, path: Iterable[str]) -> str:
        # Go has the place as a JSON pointer at first.
        steps = [s.replace("~", "~0").replace("/", "~1") for s in (*path, *reversed(self.path))]
        if not steps or steps == [""]:
            return "Go value"
        where = ".".join((root, *steps))
        return where if where.rpartition(".")[2].isdecimal() else f"Go struct field {where}"


class PlacedError(MismatchError):
    """A value that fits its type in Go but not in Python, with the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(None, "")
        self._reason = reason

    def text(self, root: str, path: Iterable[str]) -> str:
        """Return the reason, with the place before it."""
        place = ".".join(step for step in (root, *path, *reversed(self.path)) if step)
        return f"{place}: {self._reason}" if place else self._reason


_KINDS: Final[dict[type, str]] = {
    bool: "bool",
    tuple: "object",
    list: "array",
    str: "string",
    type(None): "null",
}


def _number_text(value: Any) -> str:
    return digits_of(value) if isinstance(value, int) else repr(value)
