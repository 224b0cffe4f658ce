"""Stock Go asks a server what it serves, and reads the answer into plain structs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Protocol

import pytest
from attrs import define

from rpcgen import Code, Method, Server
from rpcgen.protocol import CodecName
from rpcgen.types import RemoteError, Uint8, wire
from tests import golang
from tests.support.timeouts import PROGRAM_TIMEOUT_S


class Color(IntEnum):
    """A color."""

    NONE = 0
    RED = 1


@wire("trees.Node")
@define
class Node:
    """A tree."""

    name: str
    color: Color
    parts: dict[str, list[Uint8]]
    left: Node | None
    at: datetime


@wire("trees.Missing")
@define
class MissingError(RemoteError):
    """There is no such tree."""

    code = Code.NOT_FOUND
    key: str = ""


class Trees(Protocol):
    """Grows trees."""

    def get(self, key: str) -> Node: ...

    def clear(self) -> None: ...


GET = Method[str, Node](
    "Trees.Get", raises=[(MissingError, "no tree {key}")], timeout=1.5, idempotent=True
)
CLEAR = Method[None, None]("Trees.Clear")

EXPECTED = """\
rpcgen.Reflection Trees
Trees.Get(string) trees.Node raises trees.Missing "no tree {key}" 5 timeout 1.5 idempotent true
Trees.Clear(struct{}) struct{} timeout 0 idempotent false
type trees.Node struct { Name string; Color test_reflection.Color; \
Parts map[string][]uint8; Left *trees.Node; At time.Time; }
type test_reflection.Color int [{NONE 0 } {RED 1 }]
type trees.Missing struct { Key string; }
rpcgen.Reflection: there is no service 'Nowhere'
"""


def refuse(key: str) -> Node:
    raise MissingError(key)


@pytest.fixture
def codec_and_address(codec: CodecName) -> Iterator[tuple[str, str]]:
    server = Server(reflection=True)
    server.register_name("Trees", [GET.handler(refuse), CLEAR.handler(lambda _: None)], Trees)
    with server:
        yield codec, server.listen("tcp://127.0.0.1:0", codec).address.removeprefix("tcp://")


@pytest.mark.parametrize("codec", ["gob", "json"])
def test_go_reads_the_description(codec_and_address: tuple[str, str]) -> None:
    program = golang.build(Path(__file__).with_name("reflection"))
    done = subprocess.run(
        [program, *codec_and_address],
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )
    assert (done.stderr, done.stdout) == ("", EXPECTED)
