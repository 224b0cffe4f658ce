"""The tree of exceptions, and what their texts say."""

from __future__ import annotations

import inspect

import pytest

from rpcgen import errors
from rpcgen.errors import (
    CallTimeoutError,
    DecodeError,
    DisconnectedError,
    EncodeError,
    GenerateError,
    RpcError,
    SchemaError,
    ShutdownError,
    TruncatedError,
)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_has_the_one_root(name: str) -> None:
    assert issubclass(getattr(errors, name), RpcError)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_in_the_tree_of_the_docstring(name: str) -> None:
    assert name in (errors.__doc__ or "").split()


def test_all_names_every_error_of_the_module() -> None:
    classes = inspect.getmembers(errors, inspect.isclass)
    assert errors.__all__ == [name for name, cls in classes if issubclass(cls, Exception)]


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (SchemaError, TypeError),
        (EncodeError, ValueError),
        (DecodeError, ValueError),
        (TruncatedError, DecodeError),
        (CallTimeoutError, TimeoutError),
    ],
)
def test_error_is_also_what_python_would_raise(
    error: type[Exception], builtin: type[Exception]
) -> None:
    assert issubclass(error, builtin)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SchemaError("unsupported type set"), "unsupported type set"),
        (SchemaError("unsupported type set", "use list"), "unsupported type set (use list)"),
        (EncodeError("300 does not fit uint8"), "300 does not fit uint8"),
        (EncodeError("300 does not fit uint8", "Pixel.red"), "Pixel.red: 300 does not fit uint8"),
        (DecodeError("no data"), "no data"),
        (DecodeError("no data", 0), "no data (at byte 0)"),
        (DecodeError("no data", 7, "Args.a"), "Args.a: no data (at byte 7)"),
        (TruncatedError("no data", 7), "no data (at byte 7)"),
        (ShutdownError(), "connection is shut down"),
        (DisconnectedError(), "unexpected EOF"),
        (GenerateError(("a.py:1:1: error: x", "b.py:1:1: error: y")),
         "a.py:1:1: error: x\nb.py:1:1: error: y"),
    ],
)  # fmt: skip
def test_text_of_error(error: RpcError, text: str) -> None:
    assert str(error) == text


def test_schema_error_keeps_its_parts() -> None:
    error = SchemaError("unsupported type set", "use list")
    assert (error.reason, error.hint) == ("unsupported type set", "use list")


def test_encode_error_keeps_its_parts() -> None:
    error = EncodeError("too large", "Pixel.red")
    assert (error.reason, error.path) == ("too large", "Pixel.red")


def test_decode_error_keeps_its_parts() -> None:
    error = DecodeError("no data", 7, "Args.a")
    assert (error.reason, error.offset, error.path) == ("no data", 7, "Args.a")


def test_decode_error_has_no_place_unless_told() -> None:
    assert DecodeError("no data").offset == -1


def test_generate_error_keeps_every_problem() -> None:
    assert GenerateError(("one", "two")).errors == ("one", "two")
