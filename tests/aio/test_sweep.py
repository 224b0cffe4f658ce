from __future__ import annotations

import asyncio

from rpcgen.aio.sweep import Sweep


class Connection:
    """Counts how often it is looked at, and goes after some times."""

    def __init__(self, connections: set[Connection], lasts: int) -> None:
        self.looks = 0
        self.gone = asyncio.Event()
        self._connections = connections
        self._lasts = lasts

    def check_time(self, now: float) -> None:
        self.looks += 1
        if self.looks == self._lasts:
            self._connections.discard(self)
            self.gone.set()


async def test_sweep_looks_as_long_as_there_are_connections() -> None:
    connections: set[Connection] = set()
    connection = Connection(connections, 3)
    connections.add(connection)
    Sweep(lambda: connections, 0.001).begin()
    await connection.gone.wait()
    assert connection.looks == 3


async def test_sweep_begins_again_with_the_next_connection() -> None:
    connections: set[Connection] = set()
    sweep = Sweep(lambda: connections, 0.001)
    for _ in range(2):
        connection = Connection(connections, 2)
        connections.add(connection)
        sweep.begin()
        await connection.gone.wait()
        assert connection.looks == 2


async def test_begin_twice_is_one_timer() -> None:
    connections: set[Connection] = set()
    connection = Connection(connections, 1)
    connections.add(connection)
    sweep = Sweep(lambda: connections, 0.001)
    sweep.begin()
    sweep.begin()
    await connection.gone.wait()
    assert connection.looks == 1


async def test_end_looks_no_more() -> None:
    connections: set[Connection] = set()
    first = Connection(connections, 10)
    connections.add(first)
    sweep = Sweep(lambda: connections, 0.001)
    sweep.begin()
    sweep.end()
    second = Connection(connections, 2)
    connections.add(second)
    other = Sweep(lambda: {second} & connections, 0.001)
    other.begin()
    await second.gone.wait()
    assert first.looks == 0
