"""(g): what becomes of us as values, connections and calls in flight grow."""

from __future__ import annotations

import resource
import socket
import statistics
from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from rpcgen import gob
from rpcgen.schema import schema_of

from .catalogue import PEERS
from .controller import Pair, PeerError, Process
from .job import Job
from .messages import Args, Request
from .peers.ends import split

__all__ = [
    "GROWTHS",
    "Growth",
    "Idle",
    "Point",
    "Step",
    "allow_many_files",
    "hold_idle",
    "steps",
    "typical",
]


@frozen
class Growth:
    """A figure of a peer by a size: ``unit`` says what it is."""

    title: str
    unit: str
    peers: tuple[str, ...]
    scheme: str
    method: str
    sizes: tuple[int, ...]
    quick: tuple[int, ...]


@frozen
class Point:
    """One value of a curve."""

    growth: str
    peer: str
    size: int
    value: float
    error: str = ""


GROWTHS = {
    "elements": Growth(
        "Echo of a list of integers, by its length",
        "ns an element",
        ("rpcgen", "rpcgen-asyncio", "rpcgen-uvloop"),
        "sequence",
        "numbers",
        (1_000, 10_000, 100_000, 1_000_000),
        (1_000, 10_000, 100_000),
    ),
    "connections": Growth(
        "Connections of a Go client, a closed loop on each",
        "calls/s",
        ("go-to-rpcgen", "go-to-rpcgen-asyncio", "go-to-rpcgen-uvloop", "go"),
        "connections",
        "multiply",
        (1, 10, 100, 1_000),
        (1, 10, 100),
    ),
    "in flight": Growth(
        "Calls in flight on one connection",
        "calls/s",
        ("rpcgen", "rpcgen-asyncio", "rpcgen-uvloop", "go"),
        "",  # tasks, or futures of a client that has none
        "multiply",
        (1, 10, 100, 1_000, 10_000),
        (1, 10, 100, 1_000),
    ),
}


@frozen
class Step:
    """One point that is to be measured."""

    growth: str
    peer: str
    job: Job

    def measure(self, pair: Pair) -> Point:
        """Measure the point. Raises `PeerError`."""
        timing = pair.run(self.job)
        if self.job.method == "numbers":
            size, value = self.job.size, statistics.median(timing.latencies) / self.job.size
        else:
            size, value = self.job.width, len(timing.latencies) / timing.elapsed * 1e9
        return Point(self.growth, self.peer, size, value)

    def failed(self, error: PeerError) -> Point:
        """Return the point that says why it is not there."""
        return Point(self.growth, self.peer, self.job.size or self.job.width, 0.0, str(error))


def steps(quick: bool) -> Iterator[Step]:
    """Yield every point, size by size, so that the peers take turns."""
    for name, growth in GROWTHS.items():
        for size in growth.quick if quick else growth.sizes:
            for peer in growth.peers:
                yield Step(name, peer, _job(growth, peer, size, quick))


def _job(growth: Growth, peer: str, size: int, quick: bool) -> Job:
    if growth.method == "numbers":
        elements = 200_000 if quick else 3_000_000
        return Job(growth.scheme, growth.method, max(3, min(300, elements // size)), size=size)
    scheme = growth.scheme or ("tasks" if "tasks" in PEERS[peer].works else "futures")
    return Job(scheme, growth.method, max(1_000 if quick else 5_000, 3 * size), width=size)


def typical(points: Sequence[Point]) -> Point:
    """Return the median of several measurements of one point; a failure, if there is one."""
    failed = [point for point in points if point.error]
    if failed:
        return failed[0]
    return evolve(points[0], value=statistics.median(point.value for point in points))


# --- idle connections -----------------------------------------------------------------------------


@frozen
class Idle:
    """The bytes of memory of our asyncio server without connections, and with so many."""

    connections: int
    before: int
    after: int
    error: str = ""


def allow_many_files() -> None:
    """Raise the limit on open files as far as the system lets us, here and in later children."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def hold_idle(connections: int) -> Idle:
    """Open so many connections to a fresh server, make a call on each, and leave them idle.

    The call makes the server keep what gob remembers of a connection. Fewer
    connections are held if the system does not allow as many files.
    """
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        connections = min(connections, most - 200)
    request = _request()
    held: list[socket.socket] = []
    try:
        with Process(PEERS["rpcgen-asyncio"].server.command("serve")) as server:
            address = split(server.receive()["address"])
            _call(address, request).close()  # compiles what the first call compiles
            before = server.memory
            held.extend(_call(address, request) for _ in range(connections))
            return Idle(connections, before, server.memory)
    except (PeerError, OSError) as error:
        return Idle(len(held), 0, 0, str(error))
    finally:
        for connection in held:
            connection.close()


def _request() -> bytes:
    encoder = gob.Encoder()
    header = encoder.encode(Request("Arith.Multiply", 0), schema_of(Request))
    return header + encoder.encode(Args(7, 8), schema_of(Args))


def _call(address: tuple[str, int], request: bytes) -> socket.socket:
    connection = socket.create_connection(address, timeout=30)
    connection.sendall(request)
    if not connection.recv(4096):
        connection.close()
        raise PeerError("the server has hung up")
    return connection
