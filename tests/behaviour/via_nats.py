"""Servers and clients whose calls travel by a broker, of either API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

import pytest

import rpcgen
from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import Method, Registry, Retry, RpcError
from tests.support.apis import Api, ApiClient, ApiServer, ServerOptions
from tests.support.services import ECHO
from tests.support.timeouts import TIMEOUT_S

__all__ = ["RETRY", "SEEN", "announced", "dial", "error_of", "serving"]

SEEN = Method[int, str]("Seen.Get")
RETRY = Retry(attempts=60, backoff=0.1, budget=1.0)


def announced(url: str) -> Callable[[Registry], None]:
    def announce(server: Registry) -> None:
        cast("rpcgen.Server", server).announce(url, version="1.0.0", via="nats")

    return announce


def dial(api: Api, url: str, **options: Any) -> AbstractContextManager[ApiClient]:
    options = {"via": "nats", "call_timeout": TIMEOUT_S, **options}
    return api.dial(url, **options)


@contextmanager
def serving(
    api: Api, url: str, *more: Callable[[Registry], None], **options: Any
) -> Iterator[ApiServer]:
    """Serve by a broker, and wait until that takes calls."""
    server = cast("ServerOptions", options)
    with api.serving("127.0.0.1:0", announced(url), *more, server=server) as made:
        with dial(api, url, retry=RETRY) as client:
            client.call(ARITH_MULTIPLY, Args(1, 1))
            client.call(ECHO, b"")
        yield made


def error_of(client: ApiClient, method: Method[Any, Any], args: object, **options: Any) -> RpcError:
    with pytest.raises(RpcError) as caught:
        client.call(method, args, **options)
    return caught.value
