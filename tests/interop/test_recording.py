"""Traffic between programs of stock Go, recorded: what it says of their services, and a replay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rpcgen.gen.idl_text import write_idl
from rpcgen.testing import replay
from rpcgen.testing.recording.describe import describe
from rpcgen.testing.recording.file import read_recording
from rpcgen.testing.recording.traffic import calls_of
from tests.testing.recording.recorded import recording_proxy

from .gopeer import GoClient, GoServer

KV_ARGS = {"Key": "a/b", "Value": "eA==", "Tags": {"a": "b"}, "ExpiresIn": 10**9}


@pytest.fixture(scope="module")
def server() -> Iterator[GoServer]:
    with GoServer() as server:
        yield server


def record(server: GoServer, path: Path, protocol: str = "gob") -> None:
    """Record what a Go client says to a Go server."""
    to = {"gob": server.tcp, "http": f"http://{server.http}", "json": server.json}[protocol]
    with recording_proxy(path, to) as proxy:
        with GoClient(proxy.rpartition("://")[2], protocol=protocol) as client:
            client.call("Arith.Multiply", {"A": 7, "B": 8})
            client.call("Arith.Divide", {"A": 17, "B": 8})
            client.call("Arith.Divide", {"A": 1, "B": 0})
            client.call("KVStore.Put", KV_ARGS)
            client.call("KVStore.Get", "a/b")
            client.call("KVStore.Scan", {"Prefix": "a", "Limit": 9})
            client.call("KVStore.Stats", {})
            client.call("Nothing.There", {"A": 1, "B": 1})


# The IDL of our test services, but for what gob does not carry: how wide a number is, pointers,
# and the names of numbers.
SERVICES = """\
@define
class Args:
    a: int
    b: int


@define
class Quotient:
    quo: int
    rem: int


@define
class PutArgs:
    key: str
    value: bytes
    tags: dict[str, str]
    expires_in: int
    if_version: int
    durability: int


@define
class Entry:
    key: str
    value: bytes
    version: int
    tags: dict[str, str]
    expires: datetime


@define
class ScanArgs:
    prefix: str
    limit: int


@define
class Page:
    entries: list[Entry]
    next_key: str


@define
class Stats:
    entries: int
    octets: int
    children: dict[str, Stats]


class Arith(Protocol):
    def multiply(self, args: Args) -> int: ...

    def divide(self, args: Args) -> Quotient: ...


class KVStore(Protocol):
    def put(self, args: PutArgs) -> int: ...

    def get(self, value: str) -> Entry: ...

    def scan(self, args: ScanArgs) -> Page: ...

    def stats(self) -> Stats: ...
"""


@pytest.mark.parametrize("protocol", ["gob", "http"])
def test_traffic_of_go_gives_the_idl_back(server: GoServer, tmp_path: Path, protocol: str) -> None:
    record(server, tmp_path / "calls", protocol)
    text = write_idl(describe(calls_of(read_recording(tmp_path / "calls")), "idl"))
    assert text.partition("\n\n\n")[2] == SERVICES


def test_traffic_of_gos_json_is_read(server: GoServer, tmp_path: Path) -> None:
    record(server, tmp_path / "calls", "json")
    calls = calls_of(read_recording(tmp_path / "calls"))
    assert [call.error for call in calls if call.error] == [
        "divide by zero",
        "rpc: can't find service Nothing.There",
    ]
    assert calls[0].reply is not None
    assert calls[0].reply.value == 56


@pytest.mark.parametrize("protocol", ["gob", "json"])
def test_recording_is_replayed_to_a_client_of_go(
    server: GoServer, tmp_path: Path, protocol: str
) -> None:
    record(server, tmp_path / "calls", protocol)
    with replay(tmp_path / "calls") as served:
        with GoClient(served.address.rpartition("://")[2], protocol=protocol) as client:
            assert client.call("Arith.Divide", {"A": 17, "B": 8}).reply == {"Quo": 2, "Rem": 1}
            assert client.call("Arith.Divide", {"A": 1, "B": 0}).error == "divide by zero"
            entry = client.call("KVStore.Get", "a/b").reply
            assert (entry["Value"], entry["Tags"]) == ("eA==", {"a": "b"})
            assert "is not in the recording" in client.call("KVStore.Get", "other").error
