"""Tests of `rpcgen.gen.model`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rpcgen.gen.load import Loader, find
from rpcgen.gen.model import Kind, Module, read_module
from rpcgen.gen.source import Source, Symbol

Load = Callable[..., Source]


def model(load: Load, **files: str) -> Module:
    source = load(**files)
    ((idl,), _) = find([str(source.path)])
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


def test_types_are_handed_on_from_where_they_are_defined(load: Load) -> None:
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
