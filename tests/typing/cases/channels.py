"""What `dial` gives, and what it takes where one connection is not enough."""

from typing import assert_type

import rpcgen
from generated.arith import Args, ArithClient, AsyncArithClient
from rpcgen import Endpoint, Reconnect, Retry, aio
from rpcgen.channel.resolver import Failed, Update


class Found:
    """A resolver."""

    def start(self, update: Update, failed: Failed) -> None:
        update([Endpoint("tcp://a:1"), Endpoint("tcp://b:1", "json", {"zone": "x"})])

    def resolve_soon(self) -> None: ...

    def close(self) -> None: ...


class Lost:
    """Lacks what a resolver has."""

    def start(self, update: Update, failed: Failed) -> None: ...


async def main() -> None:
    assert_type(rpcgen.dial("a:1"), rpcgen.Client)
    assert_type(rpcgen.dial("a:1", codec="json", timeout=1.0), rpcgen.Client)
    assert_type(rpcgen.dial("a:1", reconnect=True), rpcgen.Channel)
    assert_type(rpcgen.dial("a:1", retry=Retry(attempts=5), connections=4), rpcgen.Channel)
    assert_type(rpcgen.dial(["a:1", "unix:///b.sock"]), rpcgen.Channel)
    assert_type(rpcgen.dial(Found(), balance="round_robin"), rpcgen.Channel)
    assert_type(await aio.dial("a:1"), aio.Client)
    assert_type(await aio.dial("a:1", reconnect=Reconnect(first=0.1)), aio.Channel)

    arith = ArithClient.dial(["a:1"], reconnect=True, retry=Retry(), service="Other")
    assert_type(arith.with_options(wait_for_ready=True).multiply(Args(7, 8)), int)
    async with AsyncArithClient.dial(Found(), connections=2) as other:
        assert_type(await other.multiply(Args(7, 8)), int)

    rpcgen.dial("a:1", balance="best")  # error: [call-overload]
    rpcgen.dial("a:1", retries=3)  # error: [call-overload]
    rpcgen.dial(Lost())  # error: [call-overload]
    ArithClient.dial("a:1", retry=3)  # error: [arg-type]
    ArithClient.dial("a:1", reconnects=True)  # error: [call-arg]
