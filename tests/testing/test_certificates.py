from __future__ import annotations

import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import Code, Method, Registry, RpcError, context
from rpcgen.testing import certificates
from rpcgen.testing.certificates import client_context, mutual_contexts, server_context
from tests.support.apis import Api
from tests.support.timeouts import TIMEOUT_S

WHO = Method[str, str]("Who.Calls")


def who(_: str) -> str:
    """Return the name in the client's certificate."""
    certificate = context().peer.certificate or {}
    return str(certificate.get("subjectAltName"))


def register_who(server: Registry) -> None:
    server.register_name("Who", [WHO.handler(who)])


def test_client_trusts_the_server(api: Api) -> None:
    with api.serve("tls://127.0.0.1:0", tls=server_context()) as address:
        with api.dial(address, tls=client_context()) as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_server_has_the_names_that_are_asked_for(api: Api) -> None:
    with api.serve("tls://127.0.0.1:0", tls=server_context("example.org")) as address:
        with pytest.raises(RpcError, match="certificate"):
            with api.dial(address, tls=client_context()) as client:
                client.call(ARITH_MULTIPLY, Args(7, 8))


def test_mutual_contexts_tell_the_server_who_calls(api: Api) -> None:
    server, client = mutual_contexts("alice@example.org")
    with api.serve("tls://127.0.0.1:0", register_who, tls=server) as address:
        with api.dial(address, tls=client) as caller:
            assert "alice@example.org" in caller.call(WHO, "")


def test_mutual_server_refuses_a_client_without_certificate(api: Api) -> None:
    server, _ = mutual_contexts()
    with api.serve("tls://127.0.0.1:0", tls=server) as address:
        with pytest.raises(RpcError) as caught:
            with api.dial(address, tls=client_context()) as caller:
                caller.call(ARITH_MULTIPLY, Args(7, 8))
    assert getattr(caught.value, "code", Code.UNAVAILABLE) is not Code.OK


def test_contexts_verify() -> None:
    assert client_context().verify_mode is ssl.CERT_REQUIRED


def test_threads_that_are_the_first_get_one_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    anew = cache(certificates._make_authority.__wrapped__)
    monkeypatch.setattr(certificates, "_make_authority", anew)
    together = threading.Barrier(8)

    def ask(_: int) -> object:
        together.wait(TIMEOUT_S)
        return certificates._authority()

    with ThreadPoolExecutor(8) as threads:
        assert len({id(each) for each in [*threads.map(ask, range(8))]}) == 1
