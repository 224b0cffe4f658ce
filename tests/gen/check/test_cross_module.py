"""Tests of `rpcgen.gen.check.cross_module`; more are cases in ``golden``."""

from __future__ import annotations

from rpcgen.gen.check import check_cross_module, dynamic_messages

from .modules import Load, read, service


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
