"""What few calls meet of a client's bridge; all else is in `tests/behaviour/test_via_nats.py`."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from rpcgen.nats.client_bridge import ClientBridge
from tests.support.timeouts import TIMEOUT_S


class Closed:
    """A connection that has ended, and tells nobody."""

    is_closed = True
    _transport = None

    def __init__(self) -> None:
        self._subs: dict[int, object] = {}

    def new_inbox(self) -> str:
        return "_INBOX.own"

    async def close(self) -> None:
        pass


def test_bridge_whose_connection_has_ended_without_a_word_is_over() -> None:
    async def main() -> None:
        client, end = cast("Any", Closed()), cast("Any", object())
        ended = asyncio.Event()
        await ClientBridge(client, "nats://a:1", end, ended).run()
        assert not ended.is_set()

    asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))
