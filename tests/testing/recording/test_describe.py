from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import define, frozen

from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args
from rpcgen import Method, Registry, ServerError
from rpcgen.gen.idl_text import write_idl
from rpcgen.gob.wire import OpaqueType
from rpcgen.protocol import CodecName
from rpcgen.protocol.reflection import Kind
from rpcgen.testing.recording.describe import describe
from rpcgen.testing.recording.file import read_recording
from rpcgen.testing.recording.traffic import Body, Call, calls_of
from tests.support.apis import Api

from .recorded import recorded


@define
class Node:
    """A type that holds itself."""

    name: str
    children: list[Node]
    when: datetime | None = None


@frozen
class Key:
    """A key of a map."""

    x: int


@define
class Table:
    """A type of several kinds."""

    rows: dict[Key, list[float]]
    data: bytes
    is_full: bool


TREE = Method[Node, Node]("Trees.Grow")
TABLE = Method[Table, None]("Trees.Store")
NAME = Method[str, list[str]]("Trees.Names")


def register_trees(server: Registry) -> None:
    server.register_name(
        "Trees",
        [
            TREE.handler(lambda node: node),
            TABLE.handler(lambda table: None),
            NAME.handler(lambda text: [text]),
        ],
    )


def idl_of(path: Path) -> str:
    return write_idl(describe(calls_of(read_recording(path)), "idl"))


def test_services_methods_and_types_are_in_the_traffic(api: Api, tmp_path: Path) -> None:
    with recorded(api, tmp_path / "calls") as client:
        client.call(ARITH_MULTIPLY, Args(7, 8))
        client.call(ARITH_DIVIDE, Args(17, 8))
    assert idl_of(tmp_path / "calls") == ARITH


def test_types_of_several_connections_are_one(api: Api, tmp_path: Path) -> None:
    for number in range(3):
        with recorded(api, tmp_path / f"{number}") as client:
            client.call(ARITH_MULTIPLY, Args(7, 8))
            client.call(ARITH_DIVIDE, Args(7, 8))
    calls = [calls_of(read_recording(tmp_path / f"{number}")) for number in range(3)]
    assert write_idl(describe([*calls[0], *calls[1], *calls[2]], "idl")) == ARITH


ARITH = """\
from __future__ import annotations

from typing import Protocol

from attrs import define


@define
class Args:
    a: int
    b: int


@define
class Quotient:
    quo: int
    rem: int


class Arith(Protocol):
    def multiply(self, args: Args) -> int: ...

    def divide(self, args: Args) -> Quotient: ...
"""


def test_recursive_types_times_and_maps_are_in_the_traffic(api: Api, tmp_path: Path) -> None:
    when = datetime(2026, 1, 2, tzinfo=UTC)
    with recorded(api, tmp_path / "calls", register_trees) as client:
        client.call(TREE, Node("root", [Node("leaf", [], when)]))
        client.call(TABLE, Table({Key(1): [0.5]}, b"x", True))
        client.call(NAME, "x")
    text = idl_of(tmp_path / "calls")
    for line in (
        "    children: list[Node]",
        "    when: datetime",
        "    rows: dict[Key, list[float]]",
        "    data: bytes",
        "    is_full: bool",
        "@frozen\nclass Key:",
        "    def grow(self, args: Node) -> Node: ...",
        "    def store(self, args: Table) -> None: ...",
        "    def names(self, value: str) -> list[str]: ...",
    ):
        assert line in text


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_method_that_only_failed_says_so(api: Api, tmp_path: Path, codec: CodecName) -> None:
    with recorded(api, tmp_path / "calls", codec=codec) as client:
        with pytest.raises(ServerError):
            client.call(ARITH_DIVIDE, Args(1, 0))
    text = idl_of(tmp_path / "calls")
    assert "-> Any:" in text
    assert "never answered without an error" in text


def test_method_that_is_not_there_is_left_out(api: Api, tmp_path: Path) -> None:
    with recorded(api, tmp_path / "calls") as client:
        for name in ("Nothing.There", "Arith.Nothing"):
            with pytest.raises(ServerError):
                client.call(Method[int, int](name), 1)
    assert describe(calls_of(read_recording(tmp_path / "calls"))).services == []


def test_types_of_json_are_guessed_and_said_to_be(api: Api, tmp_path: Path) -> None:
    with recorded(api, tmp_path / "calls", codec="json") as client:
        client.call(ARITH_DIVIDE, Args(17, 8))
    text = idl_of(tmp_path / "calls")
    assert "class Divide:\n    a: int\n    b: int\n" in text
    assert "class DivideReply:\n    quo: int\n    rem: int\n" in text
    assert "guessed" in text


@pytest.mark.parametrize(
    ("name", "encoding", "expected"),
    [
        ("Time", "gob", "time.Time"),
        ("Rat", "gob", "big.Rat"),
        ("Prefix", "binary", "netip.Prefix"),
        ("URL", "binary", "url.URL"),
        ("UUID", "binary", "uuid.UUID"),
        ("Time", "binary", "Time"),
        ("Money", "gob", "Money"),
        ("", "binary", "Opaque"),
    ],
)
def test_type_that_encodes_itself_is_known_by_its_bare_name(
    name: str, encoding: str, expected: str
) -> None:
    args = Body(b"", 65, {65: OpaqueType(name, 65, encoding)})
    (described,) = describe([Call(1, "gob", "Ids.Take", args, 0.0)]).types[:1]
    assert (described.kind, described.name) == (Kind.OPAQUE, expected)
