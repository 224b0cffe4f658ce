"""The resolvers of ``docs/channels.md`` for etcd and Kubernetes, against what stands for these."""

from __future__ import annotations

import json
import queue
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import trustme

from rpcgen import Endpoint, Resolver, RpcError
from tests.support.reader import blocks_of
from tests.support.timeouts import TIMEOUT_S

PAGE = Path(__file__).parents[2] / "docs" / "channels.md"

# How many lines a resolver of one's own takes at most, imports and empty ones aside.
LINES = 40


def text_of(name: str) -> str:
    """Return the program of the page that has a name."""
    (found,) = [each.text for each in blocks_of(PAGE) if each.text.startswith(f"# {name}")]
    return found


def names_of(name: str) -> dict[str, Any]:
    """Return what a program of the page defines."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile(text_of(name), name, "exec"), names)
    return names


class Told:
    """What a resolver tells."""

    def __init__(self, resolver: Resolver) -> None:
        self._told = queue.SimpleQueue[object]()
        resolver.start(lambda found: self._told.put([*found]), self._told.put)

    def next(self) -> object:
        """Wait for what it tells next."""
        return self._told.get(timeout=TIMEOUT_S)


@pytest.mark.parametrize("name", ["etcd_resolver.py", "kubernetes_resolver.py"])
def test_resolver_is_short(name: str) -> None:
    _, _, resolver = text_of(name).partition("\nclass ")
    assert len([line for line in resolver.splitlines() if line]) <= LINES


# --- etcd -----------------------------------------------------------------------------------------


class WatchTimedOutError(Exception):
    """What a watch raises when nothing has changed."""


class Etcd:
    """What stands for etcd: one prefix, with values that a test sets."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.is_up = True
        self.changes = queue.SimpleQueue[bool]()
        """True: something has changed, False: nothing has for so long."""

    def client(self, host: str, port: int, timeout: float) -> Etcd:
        return self

    def get_prefix(self, prefix: str) -> list[tuple[bytes, dict[str, str]]]:
        if not self.is_up:
            raise ConnectionRefusedError("refused")
        return [(value, {"key": prefix + str(n)}) for n, value in enumerate(self.values)]

    def watch_prefix_once(self, prefix: str, timeout: float) -> None:
        if not self.changes.get(timeout=TIMEOUT_S):
            raise WatchTimedOutError("nothing")


@pytest.fixture
def etcd(monkeypatch: pytest.MonkeyPatch) -> Etcd:
    etcd, module = Etcd(), ModuleType("etcd3gw")
    vars(module)["client"] = etcd.client
    vars(module)["exceptions"] = SimpleNamespace(WatchTimedOut=WatchTimedOutError)
    monkeypatch.setitem(sys.modules, "etcd3gw", module)
    return etcd


@pytest.fixture
def etcd_resolver(etcd: Etcd) -> Iterator[Resolver]:
    resolver = names_of("etcd_resolver.py")["EtcdResolver"]("/services/stock/")
    before = set(threading.enumerate())
    yield resolver
    resolver.close()
    etcd.changes.put(False)
    for thread in set(threading.enumerate()) - before:
        thread.join(TIMEOUT_S)


def test_etcd_resolver_tells_of_what_is_there(etcd: Etcd, etcd_resolver: Resolver) -> None:
    etcd.values = [b"tcp://a:1", b"tcp://b:1"]
    assert Told(etcd_resolver).next() == [Endpoint("tcp://a:1"), Endpoint("tcp://b:1")]


def test_etcd_resolver_tells_of_changes(etcd: Etcd, etcd_resolver: Resolver) -> None:
    told = Told(etcd_resolver)
    before = told.next()
    etcd.values = [b"tcp://a:1"]
    etcd.changes.put(True)
    assert (before, told.next()) == ([], [Endpoint("tcp://a:1")])


def test_etcd_resolver_looks_again_where_nothing_is_known_to_have_changed(
    etcd: Etcd, etcd_resolver: Resolver
) -> None:
    told = Told(etcd_resolver)
    told.next()
    etcd.values = [b"tcp://a:1"]
    etcd.changes.put(False)
    assert told.next() == [Endpoint("tcp://a:1")]


def test_etcd_resolver_says_why_it_knows_nothing(etcd: Etcd, etcd_resolver: Resolver) -> None:
    etcd.is_up = False
    error = Told(etcd_resolver).next()
    assert isinstance(error, RpcError)
    assert str(error) == "etcd has no /services/stock/: refused"


# --- Kubernetes -----------------------------------------------------------------------------------


def slice_of(
    *pods: tuple[str, bool], kind: str = "IPv4", port: tuple[str, int] = ("rpc", 1234)
) -> dict[str, Any]:
    """Return an endpoint slice of pods, by their addresses and whether they are ready."""
    return {
        "addressType": kind,
        "ports": [{"name": "http", "port": 80}, {"name": port[0], "port": port[1]}],
        "endpoints": [
            {"addresses": [address], "conditions": {"ready": is_ready}}
            for address, is_ready in pods
        ],
    }


class Kubernetes(HTTPServer):
    """What stands for the API server."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.slices: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str | None]] = []
        """Paths, and what came with them as authorization."""


class _Handler(BaseHTTPRequestHandler):
    server: Kubernetes

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"]))
        body = json.dumps({"items": self.server.slices}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def kubernetes() -> Iterator[Kubernetes]:
    with Kubernetes() as kubernetes:
        thread = threading.Thread(target=kubernetes.serve_forever, args=(0.01,))
        thread.start()
        yield kubernetes
        kubernetes.shutdown()
        thread.join(TIMEOUT_S)


@pytest.fixture
def kubernetes_resolver(kubernetes: Kubernetes, tmp_path: Path) -> Iterator[Resolver]:
    (tmp_path / "namespace").write_text("shop")
    (tmp_path / "token").write_text("secret")
    (tmp_path / "ca.crt").write_bytes(trustme.CA().cert_pem.bytes())
    names = names_of("kubernetes_resolver.py")
    names["ACCOUNT"] = tmp_path
    api = f"http://127.0.0.1:{kubernetes.server_port}"
    resolver = names["KubernetesResolver"]("stock", "rpc", api)
    before = set(threading.enumerate())
    yield resolver
    resolver.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(TIMEOUT_S)


def test_kubernetes_resolver_tells_of_the_pods_that_are_ready(
    kubernetes: Kubernetes, kubernetes_resolver: Resolver
) -> None:
    kubernetes.slices = [
        slice_of(("10.0.0.1", True), ("10.0.0.2", False)),
        slice_of(("fd00::1", True), kind="IPv6"),
    ]
    found = Told(kubernetes_resolver).next()
    assert found == [Endpoint("tcp://10.0.0.1:1234"), Endpoint("tcp://[fd00::1]:1234")]


def test_kubernetes_resolver_asks_for_the_slices_of_the_service(
    kubernetes: Kubernetes, kubernetes_resolver: Resolver
) -> None:
    Told(kubernetes_resolver).next()
    path = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
    query = "labelSelector=kubernetes.io/service-name%3Dstock"
    assert kubernetes.asked[0] == (f"{path}?{query}", "Bearer secret")


def test_kubernetes_resolver_looks_again_when_a_connection_has_ended(
    kubernetes: Kubernetes, kubernetes_resolver: Resolver
) -> None:
    told = Told(kubernetes_resolver)
    before = told.next()
    kubernetes.slices = [slice_of(("10.0.0.1", True))]
    kubernetes_resolver.resolve_soon()
    assert (before, told.next()) == ([], [Endpoint("tcp://10.0.0.1:1234")])
