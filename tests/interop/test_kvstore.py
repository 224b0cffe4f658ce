"""The store of ``idl/kvstore.py``: maps, lists, optional fields and errors, Python and stock Go."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from generated.kvstore import (
    KV_STORE_DELETE,
    KV_STORE_GET,
    KV_STORE_GET_MANY,
    KV_STORE_PUT,
    KV_STORE_SCAN,
    KV_STORE_STATS,
    Durability,
    Entry,
    KVStorePutArgs,
    KVStoreScanArgs,
    Page,
    Stats,
    register_kv_store,
)
from rpcgen import ServerError
from tests.support.apis import Api, ApiClient
from tests.support.services import MemoryStore

from .gopeer import Answer, GoClient

_numbers = itertools.count()


@pytest.fixture
def prefix() -> str:
    """The keys of one test: Go's store keeps those of the others."""
    return f"test {next(_numbers)}"


@pytest.fixture
def go_client(api: Api, go_clients: Callable[..., GoClient]) -> Iterator[GoClient]:
    """A stock Go client of a Python store, which is empty."""
    store = MemoryStore()
    with api.serve("tcp://127.0.0.1:0", lambda server: register_kv_store(server, store)) as address:
        yield go_clients(address)


def test_python_gets_what_it_put_into_go(client: ApiClient, prefix: str) -> None:
    client.call(
        KV_STORE_PUT, KVStorePutArgs(prefix, b"\x00\xff", {"a": "b"}, expires_in=timedelta(days=1))
    )
    expires = datetime(1970, 1, 2, tzinfo=UTC)
    assert client.call(KV_STORE_GET, prefix) == Entry(prefix, b"\x00\xff", 1, {"a": "b"}, expires)


def test_python_gets_none_for_what_go_leaves_nil(client: ApiClient, prefix: str) -> None:
    client.call(KV_STORE_PUT, KVStorePutArgs(prefix, b"", {}))
    assert client.call(KV_STORE_GET, prefix) == Entry(prefix, b"", 1, {}, None)


def test_python_sends_a_condition_to_go(client: ApiClient, prefix: str) -> None:
    client.call(KV_STORE_PUT, KVStorePutArgs(prefix, b"", {}))
    with pytest.raises(ServerError, match=r"^version is 1$"):
        client.call(
            KV_STORE_PUT, KVStorePutArgs(prefix, b"", {}, if_version=2, durability=Durability.DISK)
        )


def test_python_asks_go_for_a_missing_key(client: ApiClient, prefix: str) -> None:
    with pytest.raises(ServerError, match=rf"^no such key: {prefix}$"):
        client.call(KV_STORE_GET, prefix)


def test_python_deletes_from_go(client: ApiClient, prefix: str) -> None:
    client.call(KV_STORE_PUT, KVStorePutArgs(prefix, b"", {}))
    client.call(KV_STORE_DELETE, prefix)
    assert client.call(KV_STORE_GET_MANY, [prefix]) == {}


def test_python_gets_many_from_go(client: ApiClient, prefix: str) -> None:
    keys = [f"{prefix}/{n}" for n in range(3)]
    for key in keys:
        client.call(KV_STORE_PUT, KVStorePutArgs(key, key.encode(), {}))
    found = client.call(KV_STORE_GET_MANY, [*keys, f"{prefix}/missing"])
    assert found == {key: Entry(key, key.encode(), 1, {}, None) for key in keys}


def test_python_scans_go_page_by_page(client: ApiClient, prefix: str) -> None:
    for n in range(3):
        client.call(KV_STORE_PUT, KVStorePutArgs(f"{prefix}/{n}", b"", {}))
    page = client.call(KV_STORE_SCAN, KVStoreScanArgs(f"{prefix}/", limit=2))
    expected = [Entry(f"{prefix}/{n}", b"", 1, {}, None) for n in range(2)]
    assert page == Page(expected, next_key=f"{prefix}/2")


def test_python_scans_go_to_the_end(client: ApiClient, prefix: str) -> None:
    assert client.call(KV_STORE_SCAN, KVStoreScanArgs(f"{prefix}/")) == Page([], next_key=None)


def test_python_reads_nested_messages_of_go(client: ApiClient, prefix: str) -> None:
    client.call(KV_STORE_PUT, KVStorePutArgs(f"{prefix}/a", b"123", {}))
    client.call(KV_STORE_PUT, KVStorePutArgs(f"{prefix}/b", b"45", {}))
    assert client.call(KV_STORE_STATS, None).children[prefix] == Stats(2, 5, {})


def test_go_gets_what_it_put_into_python(go_client: GoClient) -> None:
    day = 24 * 3600 * 10**9
    put = {"Key": "k", "Value": "AP8=", "Tags": {"a": "b"}, "ExpiresIn": day}
    go_client.call("KVStore.Put", put)
    assert go_client.call("KVStore.Get", "k") == Answer(
        {
            "Key": "k",
            "Value": "AP8=",
            "Version": 1,
            "Tags": {"a": "b"},
            "Expires": "1970-01-02T00:00:00Z",
        }
    )


def test_go_gets_nil_for_what_python_leaves_none(go_client: GoClient) -> None:
    go_client.call("KVStore.Put", {"Key": "k"})
    assert go_client.call("KVStore.Get", "k").reply["Expires"] is None


def test_go_sends_a_condition_to_python(go_client: GoClient) -> None:
    go_client.call("KVStore.Put", {"Key": "k"})
    answer = go_client.call("KVStore.Put", {"Key": "k", "IfVersion": 2, "Durability": 1})
    assert answer.error == "version is 1"


def test_go_asks_python_for_a_missing_key(go_client: GoClient) -> None:
    answer = go_client.call("KVStore.Get", "k")
    assert answer == Answer(error="no such key: k", kind="rpc.ServerError")


def test_go_deletes_from_python(go_client: GoClient) -> None:
    go_client.call("KVStore.Put", {"Key": "k"})
    go_client.call("KVStore.Delete", "k")
    assert go_client.call("KVStore.GetMany", ["k"]) == Answer({})


def test_go_gets_many_from_python(go_client: GoClient) -> None:
    for key in ("a", "b"):
        go_client.call("KVStore.Put", {"Key": key})
    found = go_client.call("KVStore.GetMany", ["a", "b", "missing"]).reply
    assert {key: entry["Version"] for key, entry in found.items()} == {"a": 1, "b": 1}


def test_go_scans_python_page_by_page(go_client: GoClient) -> None:
    for key in ("x/0", "x/1", "x/2"):
        go_client.call("KVStore.Put", {"Key": key})
    page = go_client.call("KVStore.Scan", {"Prefix": "x/", "Limit": 2}).reply
    assert ([entry["Key"] for entry in page["Entries"]], page["NextKey"]) == (["x/0", "x/1"], "x/2")


def test_go_scans_python_to_the_end(go_client: GoClient) -> None:
    go_client.call("KVStore.Put", {"Key": "x/0"})
    page = go_client.call("KVStore.Scan", {"Prefix": "x/", "Limit": 2}).reply
    assert page["NextKey"] is None


def test_go_leaves_out_a_limit_of_zero_and_python_sees_it(go_client: GoClient) -> None:
    go_client.call("KVStore.Put", {"Key": "x/0"})
    assert go_client.call("KVStore.Scan", {"Limit": 0}).reply["NextKey"] == "x/0"


def test_go_reads_nested_messages_of_python(go_client: GoClient) -> None:
    go_client.call("KVStore.Put", {"Key": "a/b", "Value": "AP8="})
    child = {"Entries": 1, "Octets": 2, "Children": {}}
    assert go_client.call("KVStore.Stats", {}) == Answer(
        {"Entries": 1, "Octets": 2, "Children": {"a": child}}
    )
