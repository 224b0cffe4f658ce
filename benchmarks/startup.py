"""(e): the time that importing takes, and the memory and the start of processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterable

from attrs import frozen

from .catalogue import Peer
from .controller import ROOT, Pair, PeerError

__all__ = [
    "IMPORTS",
    "UNWANTED",
    "Import",
    "Start",
    "measure_import",
    "middle",
    "observe",
    "start_anew",
]

# What a client imports, by the name that the table shows.
IMPORTS = {
    "rpcgen, a generated module": "generated.arith",
    "rpcgen, its asyncio too": "generated.arith, rpcgen.aio.client, rpcgen.aio.connect",
    "grpcio": "grpc",
    "grpcio, aio": "grpc.aio",
    "thriftpy2": "thriftpy2.rpc, thriftpy2.protocol, thriftpy2.transport",
    "Apache Thrift": "thrift.Thrift, thrift.transport.TSocket, thrift.protocol.TBinaryProtocol",
    "Pyro5": "Pyro5.api",
    "rpyc": "rpyc",
    "connect-python": "connectrpc.client",
    "grpclib": "grpclib.client",
}

# What a generated module with its runtime must not import: a client of TCP has no use for them.
UNWANTED = ("jinja2", "asyncio", "ssl", "http")

_PROGRAM = """
import sys, time
start = time.perf_counter()
import {modules}
took = time.perf_counter() - start
import json
print(json.dumps([took, [name for name in {unwanted!r} if name in sys.modules]]))
"""


@frozen
class Import:
    """The milliseconds that an import takes in a fresh process, and what it brings along."""

    title: str
    milliseconds: float
    unwanted: list[str]
    error: str = ""


@frozen
class Start:
    """A pair of a peer: seconds until it works, and bytes of memory when it is idle again."""

    peer: str
    server_start: float
    first_reply: float
    server_memory: int
    client_memory: int
    error: str = ""


def measure_import(title: str, rounds: int) -> Import:
    """Import in one process to write the bytecode, and then in ``rounds`` that count."""
    program = _PROGRAM.format(modules=IMPORTS[title], unwanted=UNWANTED)
    times: list[float] = []
    unwanted: list[str] = []
    for _ in range(rounds + 1):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            return Import(title, 0.0, [], done.stderr.splitlines()[-1])
        took, unwanted = json.loads(done.stdout)
        times.append(took * 1000)
    return Import(title, statistics.median(times[1:]), unwanted)


def observe(peer: Peer, pair: Pair) -> Start:
    """Return what a pair that has made one call needed for it."""
    return Start(
        peer.name, pair.server_start, pair.first_reply, pair.server.memory, pair.client.memory
    )


def start_anew(peer: Peer) -> Start:
    """Start a pair, and end it."""
    try:
        with Pair(peer.server, peer.client) as pair:
            return observe(peer, pair)
    except PeerError as error:
        return Start(peer.name, 0.0, 0.0, 0, 0, str(error))


def middle(starts: Iterable[Start]) -> Start:
    """Return the medians of several starts of one peer; its failure, if there is one."""
    every = list(starts)
    for each in every:
        if each.error:
            return each
    return Start(
        every[0].peer,
        statistics.median(each.server_start for each in every),
        statistics.median(each.first_reply for each in every),
        int(statistics.median(each.server_memory for each in every)),
        int(statistics.median(each.client_memory for each in every)),
    )
