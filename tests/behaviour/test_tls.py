"""Whom TLS lets in, at both ends."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from itertools import product

import pytest
import trustme

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import DialError, RpcError
from rpcgen.testing.certificates import client_context, mutual_contexts, server_context
from tests.support.apis import APIS

TRANSPORTS = ["tls", "https"]

pytestmark = [
    pytest.mark.parametrize("transport", TRANSPORTS),
    pytest.mark.parametrize(("ours", "theirs"), list(product(sorted(APIS), sorted(APIS)))),
]


def strangers_context() -> ssl.SSLContext:
    """Return the context of a client that trusts somebody else."""
    context = ssl.create_default_context()
    trustme.CA().configure_trust(context)
    return context


def multiply(client: str, address: str, tls: ssl.SSLContext) -> int:
    with APIS[client].dial(address, tls=tls, timeout=60.0) as connected:
        return connected.call(ARITH_MULTIPLY, Args(7, 8))


def test_mutual_tls_lets_a_known_client_in(ours: str, theirs: str, transport: str) -> None:
    server, client = mutual_contexts()
    with APIS[theirs].serve(f"{transport}://127.0.0.1:0", tls=server) as address:
        assert multiply(ours, address, client) == 56


def test_mutual_tls_keeps_an_unknown_client_out(ours: str, theirs: str, transport: str) -> None:
    server, _ = mutual_contexts()
    with APIS[theirs].serve(f"{transport}://127.0.0.1:0", tls=server) as address:
        with pytest.raises(RpcError):
            multiply(ours, address, client_context())


def test_mutual_tls_goes_on_after_an_unknown_client(ours: str, theirs: str, transport: str) -> None:
    server, client = mutual_contexts()
    with APIS[theirs].serve(f"{transport}://127.0.0.1:0", tls=server) as address:
        with pytest.raises(RpcError):
            multiply(ours, address, client_context())
        assert multiply(ours, address, client) == 56


@pytest.mark.parametrize("context", [strangers_context, ssl.create_default_context])
def test_server_of_an_unknown_authority_is_not_trusted(
    ours: str, theirs: str, transport: str, context: Callable[[], ssl.SSLContext]
) -> None:
    with APIS[theirs].serve(f"{transport}://127.0.0.1:0", tls=server_context()) as address:
        with pytest.raises(DialError, match="certificate verify failed"):
            multiply(ours, address, context())


def test_server_that_does_not_encrypt_is_not_spoken_to(
    ours: str, theirs: str, transport: str
) -> None:
    plain = {"tls": "tcp", "https": "http"}[transport]
    with APIS[theirs].serve(f"{plain}://127.0.0.1:0") as address:
        with pytest.raises(DialError):
            multiply(ours, address.replace(plain, transport, 1), client_context())
