"""Tests of `rpcgen.gen.model`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rpcgen.gen.discover import discover
from rpcgen.gen.load import Loader
from rpcgen.gen.model import Kind, Module, read_module
from rpcgen.gen.source import Source, Symbol

Load = Callable[..., Source]


def model(load: Load, **files: str) -> Module:
    source = load(**files)
    ((idl,), _) = discover([str(source.path)])
    return read_module(idl, source, Loader(Path.cwd()).source_of)


def test_services_are_the_public_protocols_of_the_file(load: Load) -> None:
    module = model(
        load,
        one="""
        from typing import Protocol
        from other import Elsewhere

        class Service(Protocol): ...
        class _Private(Protocol): ...
        class Implementation(Service): ...
        class Plain: ...
        """,
        other="from typing import Protocol\nclass Elsewhere(Protocol): ...",
    )
    assert [service.name for service in module.services] == ["Service"]


def test_methods_of_bases_come_first_and_are_overridden_in_place(load: Load) -> None:
    module = model(
        load,
        one="""
        from typing import Protocol
        from other import Base

        class Service(Base, Protocol):
            def b(self) -> int: ...
            def a(self) -> int: ...
        """,
        other="""
        from typing import Protocol

        class Base(Protocol):
            def a(self) -> str: ...
            def z(self) -> str: ...
        """,
    )
    (service,) = module.services
    found = [(method.name, method.source.name) for method in service.methods]
    assert found == [("a", "one"), ("z", "other"), ("b", "one")]


def test_wire_names_are_those_of_go_or_of_the_decorator(load: Load) -> None:
    module = model(
        load,
        one="""
        from typing import Protocol
        from rpcgen.types import wire

        @wire("Users")
        class Service(Protocol):
            def user_id(self) -> int: ...
            @wire("Other")
            def named(self) -> int: ...
        """,
    )
    (service,) = module.services
    found = [service.wire_name, *(method.wire_name for method in service.methods)]
    assert found == ["Users", "UserID", "Other"]


def test_parameters_keep_their_kind_and_default(load: Load) -> None:
    module = model(
        load,
        one="""
        from typing import Protocol

        class Service(Protocol):
            def f(self, a, /, b=1, *, c, d=2): ...
        """,
    )
    parameters = module.services[0].methods[0].parameters
    assert [(each.name, each.kind, each.default is None) for each in parameters] == [
        ("a", Kind.POSITIONAL, True),
        ("b", Kind.EITHER, False),
        ("c", Kind.KEYWORD, True),
        ("d", Kind.KEYWORD, False),
    ]


def test_types_are_reexported_from_where_they_are_defined(load: Load) -> None:
    module = model(
        load,
        one="""
        import enum
        from datetime import datetime
        from attrs import define
        from other import Message
        from rpcgen.types import wire

        @define
        class Own: ...
        class Color(enum.IntEnum):
            NONE = 0
        class Plain: ...
        @define
        class _Private: ...
        """,
        other="from attrs import define\n@define\nclass Message: ...",
    )
    assert sorted(module.names) == [
        Symbol("one", "Color"),
        Symbol("one", "Own"),
        Symbol("other", "Message"),
    ]


STRUCTS = """
from typing import Protocol
from rpcgen.types import struct_args

class Base(Protocol):
    def inherited(self, a: int) -> int: ...

class Service(Base, Protocol):
    def none(self) -> int: ...
    def one(self, a: int) -> int: ...
    def two(self, a: int, b: int) -> int: ...
    @struct_args
    def marked(self, a: int) -> int: ...
    @struct_args
    def marked_none(self) -> int: ...

@struct_args
class Whole(Base, Protocol):
    def one(self, a: int) -> int: ...
"""


def test_several_parameters_travel_as_a_struct_and_one_if_it_is_marked(load: Load) -> None:
    _, service, _ = model(load, one=STRUCTS).services
    assert {method.name: method.takes_struct for method in service.methods} == {
        "inherited": False,
        "none": False,
        "one": False,
        "two": True,
        "marked": True,
        "marked_none": False,
    }


def test_mark_on_a_service_is_for_all_its_methods(load: Load) -> None:
    *_, whole = model(load, one=STRUCTS).services
    assert [method.takes_struct for method in whole.methods] == [True, True]


def test_default_is_known_with_its_value(load: Load) -> None:
    module = model(
        load,
        one="""
        from typing import Protocol
        LIMIT = 3
        class Service(Protocol):
            def f(self, a: int, b: int = LIMIT * 2, *, c: int = 4) -> int: ...
        LIMIT = 5
        """,
    )
    (method,) = module.services[0].methods
    assert [(each.name, each.value) for each in method.parameters] == [
        ("a", None),
        ("b", 6),
        ("c", 4),
    ]


def test_deprecated_method_is_known_and_keeps_its_wire_name(load: Load) -> None:
    module = model(
        load,
        one="""
        from typing import Protocol
        from typing_extensions import deprecated
        from rpcgen.types import wire
        class Service(Protocol):
            @deprecated("use g")
            @wire("Other")
            def f(self) -> int: ...
            def g(self) -> int: ...
        """,
    )
    old, new = module.services[0].methods
    assert old.deprecated is not None
    assert (old.wire_name, new.deprecated) == ("Other", None)


@pytest.mark.parametrize("decorator", ["old", "te.deprecated"])
def test_deprecated_method_is_known_by_what_its_decorator_stands_for(
    load: Load, decorator: str
) -> None:
    module = model(
        load,
        one=f"""
        import typing_extensions as te
        from typing import Protocol
        from typing_extensions import deprecated as old

        class S(Protocol):
            @{decorator}("so")
            def f(self) -> int: ...
        """,
    )
    (method,) = module.services[0].methods
    assert method.deprecated is not None


def test_generic_message_is_reexported_but_is_no_message_by_itself(load: Load) -> None:
    module = model(
        load,
        one="""
        from typing import Generic, Protocol, TypeVar
        from attrs import define
        T = TypeVar("T")
        @define
        class Page(Generic[T]):
            items: list[T]
        @define
        class Users(Page[int]): ...
        class Service(Protocol):
            def f(self) -> Page[str]: ...
        """,
    )
    assert [cls.__name__ for cls in module.messages] == ["Users"]
    assert {symbol.name for symbol in module.names} == {"Page", "Users", "Service"}
