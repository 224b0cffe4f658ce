"""The service `rpcgen.Reflection` as its IDL declares it."""

from __future__ import annotations

from rpcgen.protocol.reflection import Description, Kind
from rpcgen.schema import schema_of
from rpcgen.schema.plan import Op, plan_of


def test_description_has_neither_pointers_nor_interfaces() -> None:
    nodes, _ = plan_of(schema_of(Description))
    assert not [node for node in nodes if node.nullable or node.op is Op.INTERFACE]


def test_kind_of_a_newer_server_is_kept() -> None:
    assert Kind("chan").value == "chan"
