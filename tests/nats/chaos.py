"""Chaos by a broker: as `tests.channel.chaos`, for calls that travel ``via="nats"``.

    python -m tests.nats.chaos --calls 30000

Three servers that are drained in turn, or killed and drained, and a broker that is killed and
begun again. Where servers are only drained, no call fails at all. One that a killed server had
ends at its deadline; those that a broker had end with it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from rpcgen import CallOptions, ChannelOptions, Code, Retry
from tests.channel.chaos import Chaos, Server, run_all
from tests.support.broker import Broker, broker

__all__ = ["BrokerChaos"]

Kind = Literal["drains", "kills", "brokers"]

# Seconds between two restarts of a broker, at least and at most: servers come back in a second.
_BROKER_PAUSE_S: Final = (1.5, 3.0)

# Deadline of calls in seconds where servers are killed.
_DEADLINE_S: Final = 2.0


class BrokerChaos(Chaos):
    """A number of calls by a broker.

    Args:
        calls: Number of calls.
        seed: What the random numbers begin with.
        kind: What ends: servers, gently or not, or the broker.
    """

    def __init__(self, calls: int, seed: int, kind: Kind) -> None:
        super().__init__(calls, seed, "gob", kills=kind != "drains")
        self._kind = kind
        self._broker: Broker | None = None
        if kind == "brokers":
            self._pause = _BROKER_PAUSE_S
        if kind == "kills":
            self.ledger.codes = (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED)

    def run(self) -> None:
        """Do it, and take note of what was wrong."""
        with broker() as self._broker:
            self._broker.start()
            super().run()

    def _places(self, folder: Path) -> list[str]:
        assert self._broker is not None
        return [self._broker.url] * 3

    def _restart_one(self, turn: int, servers: list[Server]) -> None:
        if self._kind != "brokers":
            super()._restart_one(turn, servers)
            return
        assert self._broker is not None
        self._broker.stop()
        self._broker.start()
        self.ledger.counts["brokers"] += 1

    def _dial_options(self) -> ChannelOptions:
        return {"via": "nats", "retry": Retry(attempts=60, backoff=0.1, budget=1.0)}

    def _options(self, chance: random.Random) -> CallOptions:
        if self._kind != "kills":
            return super()._options(chance)
        return {"timeout": _DEADLINE_S}


def _make(kind: Kind) -> Callable[[int, int], Chaos]:
    return lambda calls, seed: BrokerChaos(calls, seed, kind)


if __name__ == "__main__":
    kinds: tuple[Kind, ...] = ("drains", "kills", "brokers")
    sys.exit(run_all({kind: _make(kind) for kind in kinds}, sys.argv[1:]))
