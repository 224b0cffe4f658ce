"""Channels of both APIs to a stock Go server."""

from __future__ import annotations

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import ChannelOptions, Retry
from rpcgen.errors import ServerError
from tests.channel.ends import dial
from tests.support.services import FAIL

from .gopeer import GoServer

pytestmark = pytest.mark.go


@pytest.mark.parametrize("api", ["sync", "asyncio"])
@pytest.mark.parametrize("scheme", ["tcp", "unix", "http", "json"])
def test_channel_calls_a_go_server(go_server: GoServer, api: str, scheme: str) -> None:
    options: ChannelOptions = {"connections": 2, "retry": Retry()}
    place = getattr(go_server, scheme)
    if scheme == "json":
        scheme, options["codec"] = "tcp", "json"
    with dial(api, f"{scheme}://{place}", **options) as client:
        replies = [client.call(ARITH_MULTIPLY, Args(7, number)) for number in range(3)]
        calls = [client.go(ARITH_MULTIPLY, Args(7, number)) for number in range(3, 6)]
        assert [*replies, *(call.result() for call in calls)] == [0, 7, 14, 21, 28, 35]


@pytest.mark.parametrize("api", ["sync", "asyncio"])
def test_error_of_a_go_server_is_its_answer(go_server: GoServer, api: str) -> None:
    with dial(api, [go_server.tcp], retry=Retry()) as client:
        with pytest.raises(ServerError, match="no luck"):
            client.call(FAIL, "no luck")
