"""The targets, as data, and whether a run has met them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from attrs import frozen

from .results import Results
from .summary import ratio

__all__ = ["TARGETS", "Target", "Verdict", "judge"]

# Figure that a run shows for a target, or `None` where it has not measured it.
Figure = Callable[[Results], float | None]


@frozen
class Target:
    """``figure`` is to be at most, or (of ``at_least``) at least ``limit``.

    ``one_core`` is the limit where all processes share a core. Either is None where there is
    none.
    """

    section: str
    ours: str
    theirs: str
    limit: float | None
    figure: Figure
    at_least: bool = False
    unit: str = "x"
    one_core: float | None = None

    @property
    def text(self) -> str:
        """The limit as the table shows it."""
        return self.text_of(self.limit)

    def text_of(self, limit: float | None) -> str:
        """Return how the table shows a limit."""
        if limit is None:
            return "-"
        return f"{'>=' if self.at_least else '<='} {limit:g}{_unit(self.unit)}"


@frozen
class Verdict:
    """A target, what was measured, ``None`` if it was not, and the regime of the run."""

    target: Target
    measured: float | None
    pinned: bool = False

    @property
    def limit(self) -> float | None:
        """Limit of the regime."""
        return self.target.one_core if self.pinned else self.target.limit

    @property
    def limit_text(self) -> str:
        """The limit as the table shows it."""
        return self.target.text_of(self.limit)

    @property
    def met(self) -> bool | None:
        if self.measured is None or self.limit is None:
            return None
        if self.target.at_least:
            return self.measured >= self.limit
        return self.measured <= self.limit

    @property
    def text(self) -> str:
        """The measured figure as the table shows it."""
        if self.measured is None:
            return "not measured"
        digits = 3 if self.measured < 0.2 else 2 if self.measured < 10 else 1
        return f"{self.measured:.{digits}f}{_unit(self.target.unit)}"


def judge(results: Results) -> list[Verdict]:
    """Return the verdict on every target."""
    return [Verdict(target, target.figure(results), results.pinned) for target in TARGETS]


def _unit(unit: str) -> str:
    return unit if unit == "x" else f" {unit}"


# --- figures --------------------------------------------------------------------------------------

_GENERATED: Final = "rpcgen, a generated module"

# A peer and its work.
Place = tuple[str, str]


def _compared(ours: Place, theirs: Place, figure: str, results: Results) -> float | None:
    of, to = results.find(*ours), results.find(*theirs)
    return ratio(of, to, figure) if of and to else None


def _latency(ours: Place, theirs: Place) -> Figure:
    return partial(_compared, ours, theirs, "median")


def _rate(ours: Place, theirs: Place) -> Figure:
    return partial(_compared, ours, theirs, "rate")


def _import(title: str, results: Results) -> float | None:
    for each in results.imports:
        if each.title == title and not each.error:
            return each.milliseconds
    return None


def _import_beside_grpcio(results: Results) -> float | None:
    return _quotient(_import(_GENERATED, results), _import("grpcio", results))


def _first_reply(peer: str, results: Results) -> float | None:
    for each in results.starts:
        if each.peer == peer and not each.error:
            return each.first_reply
    return None


def _first_reply_beside(peer: str, results: Results) -> float | None:
    return _quotient(_first_reply("rpcgen", results), _first_reply(peer, results))


def _codec(way: str, results: Results) -> float | None:
    return _took("call", "rpcgen.gob", way, results)


def _order_beside(name: str, way: str, results: Results) -> float | None:
    ours, theirs = (_took("order", each, way, results) for each in ("rpcgen.gob", name))
    return _quotient(ours, theirs)


def _took(message: str, name: str, way: str, results: Results) -> float | None:
    took: float | None = getattr(results.codec_row(message, name), way, None)
    return took


def _quotient(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs if ours and theirs else None


def _worst_growth(results: Results) -> float | None:
    """Return how much more an element costs in the longest list than in one of 10,000.

    Shorter ones are left out: there, the cost of the call itself shows.
    """
    points = [p for p in results.growth if p.growth == "elements" and not p.error]
    spreads = []
    for peer in {point.peer for point in points}:
        mine = {p.size: p.value for p in points if p.peer == peer and p.size >= 10_000}
        if len(mine) > 1:
            spreads.append(mine[max(mine)] / mine[min(mine)])
    return max(spreads, default=None)


def _idle(results: Results) -> float | None:
    idle = results.idle
    if idle is None or idle.error or idle.connections < 10_000:
        return None
    return idle.after / 1e6


# --- the targets ----------------------------------------------------------------------------------


# The limits of both regimes, None where there is none; a name, and its place.
Limited = tuple[float | None, float | None, str, Place]


def _at_most(section: str, ours: tuple[str, Place], *theirs: Limited) -> Iterator[Target]:
    title, place = ours
    for limit, one_core, name, other in theirs:
        yield Target(section, title, name, limit, _latency(place, other), one_core=one_core)


def _at_least(section: str, ours: tuple[str, Place], *theirs: Limited) -> Iterator[Target]:
    title, place = ours
    for limit, one_core, name, other in theirs:
        figure = _rate(place, other)
        yield Target(section, title, name, limit, figure, at_least=True, one_core=one_core)


TARGETS = (
    *_at_most(
        "a",
        ("threads, latency", ("rpcgen", "call")),
        (0.08, None, "grpcio", ("grpcio", "call")),
        (0.6, None, "thriftpy2", ("thriftpy2", "call")),
        (None, 1.0, "Apache Thrift", ("thrift", "call")),
        (0.75, 1.1, "Go to Go", ("go", "call")),
        (1.6, 1.9, "raw sockets", ("sockets", "call")),
    ),
    *_at_most(
        "a",
        ("uvloop, latency", ("rpcgen-uvloop", "call")),
        (0.12, None, "grpcio, aio", ("grpcio-aio", "call")),
        (1.8, None, "raw uvloop", ("uvloop", "call")),
    ),
    *_at_most(
        "a",
        ("threads, channel, latency", ("rpcgen-channel", "call")),
        (1.1, None, "rpcgen, threads", ("rpcgen", "call")),
    ),
    *_at_most(
        "a",
        ("asyncio, channel, latency", ("rpcgen-channel-asyncio", "call")),
        (1.1, None, "rpcgen, asyncio", ("rpcgen-asyncio", "call")),
    ),
    *_at_most(
        "a",
        ("threads, pool of 4, latency", ("rpcgen-pool", "call")),
        (1.1, None, "rpcgen, threads", ("rpcgen", "call")),
    ),
    *_at_most(
        "a",
        ("asyncio, pool of 4, latency", ("rpcgen-pool-asyncio", "call")),
        (1.1, None, "rpcgen, asyncio", ("rpcgen-asyncio", "call")),
    ),
    *_at_most(
        "a",
        ("asyncio, via NATS, latency", ("rpcgen-nats-asyncio", "call")),
        (1.3, None, "nats-py, request", ("nats", "call")),
    ),
    *_at_most(
        "a",
        ("threads, via NATS, latency", ("rpcgen-nats", "call")),
        (1.3, None, "nats-py, request from threads", ("nats-threads", "call")),
    ),
    *_at_least(
        "b",
        ("asyncio, calls/s", ("rpcgen-asyncio", "tasks")),
        (1.7, None, "Go to Go", ("go", "tasks")),
    ),
    *_at_least(
        "b",
        ("uvloop, calls/s", ("rpcgen-uvloop", "tasks")),
        (2, None, "Go to Go", ("go", "tasks")),
        (25, 25, "grpcio, aio", ("grpcio-aio", "tasks")),
    ),
    *_at_least(
        "b",
        ("64 futures, calls/s", ("rpcgen", "futures")),
        (15, None, "grpcio, 64 futures", ("grpcio", "futures")),
    ),
    *_at_least(
        "b",
        ("64 threads, calls/s", ("rpcgen", "threads")),
        (5, None, "grpcio, 64 threads", ("grpcio", "threads")),
    ),
    *_at_least(
        "b",
        ("Go on 16 connections, calls/s", ("go-to-rpcgen", "connections-16")),
        (0.85, 0.85, "Go's server", ("go", "connections-16")),
    ),
    *_at_least(
        "b",
        ("Go on 64 connections, calls/s", ("go-to-rpcgen", "connections-64")),
        (0.9, 0.85, "Go's server", ("go", "connections-64")),
    ),
    *_at_most(
        "c",
        ("threads, latency", ("rpcgen", "order")),
        (0.75, 0.85, "Apache Thrift", ("thrift", "order")),
        (0.35, None, "grpcio", ("grpcio", "order")),
        (0.6, None, "Pyro5", ("pyro5", "order")),
        (None, 1.7, "Go to Go", ("go", "order")),
    ),
    *_at_most(
        "d",
        ("threads, latency", ("rpcgen", "blob")),
        (1.3, None, "raw sockets", ("sockets", "blob")),
    ),
    *(
        Target(
            "h",
            f"{name}, call_timeout",
            "no options",
            1.15,
            _latency((peer, "timeout"), (peer, "plain")),
        )
        for name, peer in (
            ("threads", "rpcgen"),
            ("asyncio", "rpcgen-asyncio"),
            ("uvloop", "rpcgen-uvloop"),
        )
    ),
    Target("e", "import of a generated module", "", 60, partial(_import, _GENERATED), unit="ms"),
    Target("e", "import of a generated module", "grpcio", 0.8, _import_beside_grpcio),
    Target("e", "first reply of a client", "grpcio", 0.85, partial(_first_reply_beside, "grpcio")),
    Target(
        "e",
        "first reply of a client",
        "Apache Thrift",
        None,
        partial(_first_reply_beside, "thrift"),
    ),
    Target("f", "header and arguments, encode", "", 3, partial(_codec, "encode"), unit="µs"),
    Target("f", "header and arguments, decode", "", 5, partial(_codec, "decode"), unit="µs"),
    *(
        Target("f", f"order of 100 structs, {way}", name, limit, partial(_order_beside, name, way))
        for name, encode, decode in (("msgspec.msgpack (C)", 1.2, 1.5), ("Go encoding/gob", 1, 1))
        for way, limit in (("encode", encode), ("decode", decode))
    ),
    # The measure of "linear": on these machines, differences below a factor of 2 can be noise.
    Target("g", "an element of the longest list", "of a list of 10,000", 2, _worst_growth),
    Target("g", "10,000 idle connections on asyncio", "", 250, _idle, unit="MB"),
)
