"""(e): the time that importing takes, and the memory and the start of processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence

from attrs import evolve, frozen

from .catalogue import Peer
from .controller import ROOT, Pair, PeerError, environment

__all__ = [
    "IMPORTS",
    "UNWANTED",
    "Import",
    "Start",
    "import_anew",
    "start_anew",
    "typical_import",
    "typical_start",
]

# Imports of a client, by the name that the table shows.
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

# Modules that a generated module must not import: a client of TCP has no use for them.
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


def import_anew(title: str) -> Import:
    """Import in a fresh process."""
    program = _PROGRAM.format(modules=IMPORTS[title], unwanted=UNWANTED)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        return Import(title, 0.0, [], done.stderr.splitlines()[-1])
    took, unwanted = json.loads(done.stdout)
    return Import(title, took * 1000, unwanted)


def start_anew(peer: Peer) -> Start:
    """Start a pair, let it make its first call, and end it."""
    try:
        with Pair(peer.server, peer.client) as pair:
            return Start(
                peer.name,
                pair.server_start,
                pair.first_reply,
                pair.server.memory,
                pair.client.memory,
            )
    except PeerError as error:
        return Start(peer.name, 0.0, 0.0, 0, 0, str(error))


def typical_import(imports: Sequence[Import]) -> Import:
    """Return the median of several imports of the same; a failure, if there is one."""
    failed = [each for each in imports if each.error]
    if failed:
        return failed[0]
    took = statistics.median(each.milliseconds for each in imports)
    return evolve(imports[0], milliseconds=took)


def typical_start(starts: Sequence[Start]) -> Start:
    """Return the medians of several starts of one peer; a failure, if there is one."""
    failed = [each for each in starts if each.error]
    if failed:
        return failed[0]
    return Start(
        starts[0].peer,
        statistics.median(each.server_start for each in starts),
        statistics.median(each.first_reply for each in starts),
        int(statistics.median(each.server_memory for each in starts)),
        int(statistics.median(each.client_memory for each in starts)),
    )
