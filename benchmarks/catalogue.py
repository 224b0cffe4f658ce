"""The measurements: the works, and the peers with the works that each can do."""

from __future__ import annotations

from attrs import frozen

from .controller import End
from .job import Job

__all__ = ["PEERS", "REFERENCES", "SECTIONS", "TABLES", "WORKS", "Peer", "Work"]

# The letters of ``--only``.
SECTIONS = {
    "a": "sequential calls",
    "b": "64 calls in flight",
    "c": "a nested message",
    "d": "1 MiB of bytes",
    "e": "import, memory, start",
    "f": "the codec alone",
    "g": "growth",
    "h": "calls with options",
}


@frozen
class Work:
    """A job that peers are compared at; ``mode`` tells works of the same table apart."""

    name: str
    table: str
    scheme: str
    method: str
    width: int = 1
    mode: str = ""

    @property
    def section(self) -> str:
        return self.table[0]

    @property
    def figure(self) -> str:
        """Quantity that peers are compared by: the number of calls, or the time of one."""
        return "rate" if self.section == "b" else "median"

    def job(self, count: int) -> Job:
        """Return the job of ``count`` calls."""
        return Job(self.scheme, self.method, count, self.width)


# The tables of the report, by the works that are in them.
TABLES = {
    "a": "(a) Sequential `Arith.Multiply` on one connection",
    "b": "(b) 64 calls of `Arith.Multiply` in flight on one connection",
    "b16": "(b) 16 connections, a closed loop on each",
    "b64": "(b) 64 connections, a closed loop on each",
    "c": "(c) Echo of a nested message: 10 scalars, 100 structs of 4 fields, a map of 20",
    "d": "(d) Echo of 1 MiB of bytes",
    "h": "(h) Sequential `Arith.Multiply`, the client with and without options for its calls",
}

# The peer and the work that the others of a table are compared with.
REFERENCES = {
    "a": ("rpcgen", "call"),
    "b": ("rpcgen", "futures"),
    "b16": ("go-to-rpcgen", "connections-16"),
    "b64": ("go-to-rpcgen", "connections-64"),
    "c": ("rpcgen", "order"),
    "d": ("rpcgen", "blob"),
    "h": ("rpcgen", "plain"),
}

WORKS = {
    work.name: work
    for work in (
        Work("call", "a", "sequence", "multiply"),
        Work("futures", "b", "futures", "multiply", 64, "64 futures"),
        Work("threads", "b", "threads", "multiply", 64, "64 threads"),
        Work("tasks", "b", "tasks", "multiply", 64, "64 tasks"),
        Work("connections-16", "b16", "connections", "multiply", 16),
        Work("connections-64", "b64", "connections", "multiply", 64),
        Work("order", "c", "sequence", "order"),
        Work("blob", "d", "sequence", "blob"),
        # The clients of one process, so that nothing but the options is different.
        Work("plain", "h", "sequence", "multiply", mode="no options"),
        Work("timeout", "h", "sequence", "timeout", mode="call_timeout"),
        Work("metadata", "h", "sequence", "metadata", mode="metadata"),
    )
}


@frozen
class Peer:
    """A server, a client, and the names of the works that they do."""

    name: str
    title: str
    server: End
    client: End
    works: tuple[str, ...]
    note: str = ""

    @property
    def forks(self) -> bool:
        """True if the server's processes are its children, whose processor time is not known."""
        return self.server.module in ("rpcgen_process", "rpcgen_processes")

    def label(self, work: Work) -> str:
        """Return what a table calls this peer at a work."""
        if not work.mode:
            return self.title
        mode = work.mode.replace("tasks", "goroutines") if self.client.module == "go" else work.mode
        return f"{self.title}, {mode}"


def _peer(name: str, title: str, server: End, client: End, works: str, note: str = "") -> Peer:
    return Peer(name, title, server, client, tuple(works.split()), note)


def _both(name: str, title: str, end: End, works: str, note: str = "") -> Peer:
    return _peer(name, title, end, end, works, note)


_SYNC = End("rpcgen_sync", "sync")
_ASYNCIO = End("rpcgen_aio", "asyncio")
_UVLOOP = End("rpcgen_aio", "uvloop")
_PROCESS = End("rpcgen_process", "sync")
_PROCESSES = End("rpcgen_processes", "sync")
_GO = End("go", "gob")

_THREADED = "call futures threads order blob"
_CONNECTED = " connections-16 connections-64"
_LOOPED = "call tasks order blob"
_OPTIONS = " plain timeout metadata"
_GO_CLIENT = "call futures tasks connections-16 connections-64 order blob"
_SERIAL = "call connections-64 order blob"
_SERIAL_NOTE = "one call at a time on a connection: 64 threads have one each"
_BARE_NOTE = "16 bytes there and 8 back, without types, methods or errors"

PEERS = {
    peer.name: peer
    for peer in (
        _both("rpcgen", "rpcgen, threads", _SYNC, _THREADED + _OPTIONS),
        _both("rpcgen-asyncio", "rpcgen, asyncio", _ASYNCIO, _LOOPED + _OPTIONS),
        _both("rpcgen-uvloop", "rpcgen, uvloop", _UVLOOP, _LOOPED + _OPTIONS),
        _peer(
            "rpcgen-channel",
            "rpcgen, threads, channel",
            _SYNC,
            End("rpcgen_channel", "sync"),
            "call futures",
        ),
        _peer(
            "rpcgen-channel-asyncio",
            "rpcgen, asyncio, channel",
            _ASYNCIO,
            End("rpcgen_channel_aio", "asyncio"),
            "call tasks",
        ),
        _peer(
            "rpcgen-pool",
            "rpcgen, threads, pool of 4",
            _SYNC,
            End("rpcgen_pool", "sync"),
            "call futures",
        ),
        _peer(
            "rpcgen-pool-asyncio",
            "rpcgen, asyncio, pool of 4",
            _ASYNCIO,
            End("rpcgen_pool_aio", "asyncio"),
            "call tasks",
        ),
        _peer("rpcgen-process", "rpcgen, threads, 1 process", _PROCESS, _SYNC, "call" + _CONNECTED),
        _peer(
            "rpcgen-processes",
            "rpcgen, threads, 2 processes",
            _PROCESSES,
            _SYNC,
            "call" + _CONNECTED,
        ),
        _both(
            "rpcgen-nats", "rpcgen, threads, via NATS", End("rpcgen_nats", "sync"), "call futures"
        ),
        _both(
            "rpcgen-nats-asyncio",
            "rpcgen, asyncio, via NATS",
            End("rpcgen_nats_aio", "asyncio"),
            "call tasks",
        ),
        _both(
            "nats",
            "nats-py, request",
            End("nats_aio", "asyncio"),
            "call tasks",
            _BARE_NOTE,
        ),
        _peer(
            "nats-threads",
            "nats-py, request from threads",
            End("nats_aio", "asyncio"),
            End("nats_threads", "sync"),
            "call futures",
            _BARE_NOTE,
        ),
        _peer(
            "nats-executor",
            "nats-py, threads at both ends",
            End("nats_executor", "asyncio"),
            End("nats_threads", "sync"),
            "call futures",
            _BARE_NOTE,
        ),
        _peer("rpcgen-to-go", "rpcgen, threads, to Go", _GO, _SYNC, _THREADED),
        _peer("rpcgen-asyncio-to-go", "rpcgen, asyncio, to Go", _GO, _ASYNCIO, _LOOPED),
        _peer("rpcgen-uvloop-to-go", "rpcgen, uvloop, to Go", _GO, _UVLOOP, _LOOPED),
        _peer("go-to-rpcgen", "Go to rpcgen, threads", _SYNC, _GO, _GO_CLIENT),
        _peer(
            "go-to-rpcgen-process",
            "Go to rpcgen, threads, 1 process",
            _PROCESS,
            _GO,
            "call" + _CONNECTED,
        ),
        _peer(
            "go-to-rpcgen-processes",
            "Go to rpcgen, threads, 2 processes",
            _PROCESSES,
            _GO,
            "call" + _CONNECTED,
        ),
        _peer("go-to-rpcgen-asyncio", "Go to rpcgen, asyncio", _ASYNCIO, _GO, _GO_CLIENT),
        _peer("go-to-rpcgen-uvloop", "Go to rpcgen, uvloop", _UVLOOP, _GO, _GO_CLIENT),
        _both("go", "Go net/rpc, gob", _GO, _GO_CLIENT),
        _both("go-json", "Go net/rpc, JSON", End("go", "json"), _GO_CLIENT),
        _both("grpcio", "grpcio", End("grpc_sync", "sync"), _THREADED),
        _both("grpcio-aio", "grpcio, aio", End("grpc_aio", "asyncio"), _LOOPED),
        _both("thriftpy2", "thriftpy2", End("thriftpy2_peer", "sync"), _SERIAL, _SERIAL_NOTE),
        _both("thrift", "Apache Thrift", End("thrift_peer", "sync"), _SERIAL, _SERIAL_NOTE),
        _both("pyro5", "Pyro5", End("pyro5_peer", "sync"), _SERIAL, _SERIAL_NOTE),
        _both("rpyc", "rpyc", End("rpyc_peer", "sync"), "call futures order blob"),
        _both(
            "connect",
            "connect-python",
            End("connect_peer", "uvloop"),
            _LOOPED,
            "HTTP/1.1: its tasks share a pool of connections",
        ),
        _both("grpclib", "grpclib", End("grpclib_peer", "asyncio"), _LOOPED),
        _both("msgspec", "msgspec, by hand", End("msgspec_raw", "sync"), _SERIAL, _SERIAL_NOTE),
        # The limits.
        _both("sockets", "raw sockets", End("raw_sync", "sync"), "call futures blob"),
        _both("asyncio", "raw asyncio", End("raw_aio", "asyncio"), "call tasks blob"),
        _both("uvloop", "raw uvloop", End("raw_aio", "uvloop"), "call tasks blob"),
    )
}
