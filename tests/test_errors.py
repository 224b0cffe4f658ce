"""The tree of exceptions, and what their texts say."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
from collections.abc import Callable

import pytest
from attrs import define, field, frozen

from rpcgen import Code, errors
from rpcgen.errors import (
    CallTimeoutError,
    DecodeError,
    DisconnectedError,
    EncodeError,
    GenerateError,
    RemoteError,
    RpcError,
    SchemaError,
    ServerError,
    ShutdownError,
    TruncatedError,
)
from tests.support.modules import package_modules


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


def every_error() -> list[type[RpcError]]:
    """Return every exception of the package, those of its inner modules too."""
    for name in package_modules():
        if not name.endswith("__main__"):
            importlib.import_module(name)
    found: list[type[RpcError]] = [RpcError]
    for cls in found:
        found += [each for each in cls.__subclasses__() if each not in found]
    return [cls for cls in found if cls.__module__.startswith("rpcgen.")]


def sample(cls: type[RpcError]) -> RpcError:
    """Return an exception made of an argument for each parameter."""
    parameters = inspect.signature(cls.__init__).parameters.values()
    samples = {"int": 7, "tuple[str, ...]": ("one", "two"), "bool": True}
    named = [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    arguments = [samples.get(each.annotation, f"a {each.name}") for each in named[1:]]
    return cls(*(arguments or ["a text"]))


def copies(error: RpcError) -> list[RpcError]:
    pickled: list[RpcError] = [
        pickle.loads(pickle.dumps(error, protocol))
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ]
    return [*pickled, copy.copy(error), copy.deepcopy(error)]


@pytest.mark.parametrize("cls", every_error(), ids=lambda cls: cls.__name__)
def test_copy_of_error_has_its_text_and_attributes(cls: type[RpcError]) -> None:
    error = sample(cls)
    error.add_note("a note")
    for each in copies(error):
        assert type(each) is cls
        assert (str(each), each.args, vars(each)) == (str(error), error.args, vars(error))


def test_copy_of_timeout_error_is_a_timeout_error() -> None:
    assert isinstance(copy.copy(CallTimeoutError("too late")), TimeoutError)


@define
class DeclaredError(RemoteError):
    code = Code.NOT_FOUND
    key: str
    place: list[int] = field(factory=list)


@frozen
class FrozenError(RemoteError):
    key: str


@define
class EmptyError(RemoteError):
    pass


@pytest.mark.parametrize(
    "remake", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
@pytest.mark.parametrize("error", [DeclaredError("k", [1]), FrozenError("k"), EmptyError()])
def test_declared_error_can_be_copied(
    error: RemoteError, remake: Callable[[RemoteError], RemoteError]
) -> None:
    assert repr(remake(error)) == repr(error)


def test_copied_error_keeps_what_came_with_it() -> None:
    error = DeclaredError("k")
    error.metadata = {"a": "b"}
    assert copy.copy(error).metadata == {"a": "b"}


def test_declared_error_has_the_code_of_its_class() -> None:
    assert DeclaredError("k").code is Code.NOT_FOUND


def test_declared_error_says_its_fields() -> None:
    assert str(DeclaredError("k")) == "DeclaredError(key='k', place=[])"


def test_declared_error_without_fields_says_its_name() -> None:
    assert str(EmptyError()) == "EmptyError"


def test_server_error_has_a_code_and_metadata() -> None:
    error = ServerError("no", code=Code.ABORTED, metadata={"a": "b"}, started=False)
    assert (error.code, error.metadata, error.started) == (Code.ABORTED, {"a": "b"}, False)


def test_server_error_is_of_an_unknown_kind_unless_it_says_one() -> None:
    assert ServerError("no").code is Code.UNKNOWN


def test_pickled_server_error_keeps_its_code() -> None:
    error = ServerError("no", code=Code.ABORTED)
    assert pickle.loads(pickle.dumps(error)).code is Code.ABORTED
