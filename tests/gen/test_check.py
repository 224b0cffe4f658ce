"""Tests of `rpcgen.gen.check`; most are the cases in ``golden`` that begin with ``bad_``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rpcgen.gen.check import Checker, check_cross_module, dynamic_messages
from rpcgen.gen.load import Loader, find
from rpcgen.gen.model import Module, read_module
from rpcgen.gen.source import Source

Load = Callable[..., Source]

HEAD = """
from typing import Any, Protocol
from attrs import define, frozen

@define
class Leaf:
    value: int

@define
class Box:
    content: Any

@define
class Crate:
    boxes: list[Box]
"""


def read(load: Load, service: str) -> tuple[Module, Loader]:
    source = load(one=HEAD + service)
    ((idl,), _) = find([str(source.path)])
    loader = Loader(Path.cwd())
    return read_module(idl, source, loader.source_of), loader


def service(*methods: str, name: str = "Service") -> str:
    return "\n".join([f"class {name}(Protocol):", *(f"    {method}" for method in methods), ""])


def test_a_good_file_has_no_problems(load: Load) -> None:
    module, loader = read(load, service("def f(self, box: Box) -> Crate: ..."))
    assert list(Checker(loader.source_of).check(module)) == []


def test_a_message_that_several_methods_use_is_judged_once(load: Load) -> None:
    bad = "@define\nclass Bad:\n    x: bytearray\n"
    methods = ["def f(self, bad: Bad) -> Bad: ...", "def g(self, bad: list[Bad]) -> int: ..."]
    module, loader = read(load, bad + service(*methods))
    assert len(list(Checker(loader.source_of).check(module))) == 1


def test_messages_are_registered_where_any_is_a_parameter(load: Load) -> None:
    module, _ = read(load, service("def f(self, value: Any) -> int: ..."))
    assert [cls.__name__ for cls in dynamic_messages(module)] == ["Leaf", "Box", "Crate"]


def test_messages_are_registered_where_any_is_deep_inside(load: Load) -> None:
    module, _ = read(load, service("def f(self, crates: dict[str, Crate]) -> int: ..."))
    assert [cls.__name__ for cls in dynamic_messages(module)] == ["Leaf", "Box", "Crate"]


def test_messages_are_not_registered_without_any(load: Load) -> None:
    module, _ = read(load, service("def f(self, leaf: Leaf) -> Leaf: ..."))
    assert dynamic_messages(module) == ()


def test_services_of_one_wire_name_in_one_file_clash(load: Load) -> None:
    module, _ = read(
        load,
        service("def f(self) -> int: ...", name="users")
        + service("def g(self) -> int: ...", name="Users"),
    )
    assert len(list(check_cross_module([module]))) == 1


def test_a_service_may_hold_dunder_attributes(load: Load) -> None:
    module, loader = read(load, service("__slots__ = ()", "def f(self) -> int: ..."))
    assert list(Checker(loader.source_of).check(module)) == []
