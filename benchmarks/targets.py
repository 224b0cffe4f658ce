"""The targets, as data, and whether a run has met them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from attrs import frozen

from .results import Results
from .summary import ratio

__all__ = ["TARGETS", "Target", "Verdict", "judge"]

# What a run shows for a target, or `None` where it has not measured it.
Figure = Callable[[Results], float | None]


@frozen
class Target:
    """``figure`` is to be at most, or (of ``at_least``) at least ``limit``."""

    section: str
    ours: str
    theirs: str
    limit: float
    figure: Figure
    at_least: bool = False
    unit: str = "x"

    @property
    def text(self) -> str:
        """The limit as the table shows it."""
        return f"{'>=' if self.at_least else '<='} {self.limit:g}{_unit(self.unit)}"


@frozen
class Verdict:
    """A target, and what was measured: ``None`` if it was not."""

    target: Target
    measured: float | None

    @property
    def met(self) -> bool | None:
        if self.measured is None:
            return None
        if self.target.at_least:
            return self.measured >= self.target.limit
        return self.measured <= self.target.limit

    @property
    def text(self) -> str:
        """The measured figure as the table shows it."""
        if self.measured is None:
            return "not measured"
        digits = 3 if self.measured < 0.2 else 2 if self.measured < 10 else 1
        return f"{self.measured:.{digits}f}{_unit(self.target.unit)}"


def judge(results: Results) -> list[Verdict]:
    """Return the verdict on every target."""
    return [Verdict(target, target.figure(results)) for target in TARGETS]


def _unit(unit: str) -> str:
    return unit if unit == "x" else f" {unit}"


# --- figures --------------------------------------------------------------------------------------

# A peer and its work.
Place = tuple[str, str]


def _compared(ours: Place, theirs: Place, figure: str, results: Results) -> float | None:
    of, to = results.find(*ours), results.find(*theirs)
    return ratio(of, to, figure) if of and to else None


def _latency(ours: Place, theirs: Place) -> Figure:
    return partial(_compared, ours, theirs, "median")


def _rate(ours: Place, theirs: Place) -> Figure:
    return partial(_compared, ours, theirs, "rate")


def _import(results: Results) -> float | None:
    for each in results.imports:
        if each.title == "rpcgen, a generated module" and not each.error:
            return each.milliseconds
    return None


def _codec(way: str, results: Results) -> float | None:
    row = results.codec_row("call", "rpcgen.gob")
    took: float | None = getattr(row, way, None)
    return took


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


def _at_most(
    section: str, ours: tuple[str, Place], *theirs: tuple[float, str, Place]
) -> Iterator[Target]:
    title, place = ours
    for limit, name, other in theirs:
        yield Target(section, title, name, limit, _latency(place, other))


def _at_least(
    section: str, ours: tuple[str, Place], *theirs: tuple[float, str, Place]
) -> Iterator[Target]:
    title, place = ours
    for limit, name, other in theirs:
        yield Target(section, title, name, limit, _rate(place, other), at_least=True)


TARGETS = (
    *_at_most(
        "a",
        ("threads, latency", ("rpcgen", "call")),
        (0.08, "grpcio", ("grpcio", "call")),
        (0.6, "thriftpy2", ("thriftpy2", "call")),
        (0.75, "Go to Go", ("go", "call")),
        (1.6, "raw sockets", ("sockets", "call")),
    ),
    *_at_most(
        "a",
        ("uvloop, latency", ("rpcgen-uvloop", "call")),
        (0.12, "grpcio, aio", ("grpcio-aio", "call")),
        (1.8, "raw uvloop", ("uvloop", "call")),
    ),
    *_at_most(
        "a",
        ("threads, channel, latency", ("rpcgen-channel", "call")),
        (1.1, "rpcgen, threads", ("rpcgen", "call")),
    ),
    *_at_most(
        "a",
        ("asyncio, channel, latency", ("rpcgen-channel-asyncio", "call")),
        (1.1, "rpcgen, asyncio", ("rpcgen-asyncio", "call")),
    ),
    *_at_most(
        "a",
        ("asyncio, via NATS, latency", ("rpcgen-nats-asyncio", "call")),
        (1.3, "nats-py, request", ("nats", "call")),
    ),
    *_at_least(
        "b",
        ("asyncio, calls/s", ("rpcgen-asyncio", "tasks")),
        (1.7, "Go to Go", ("go", "tasks")),
    ),
    *_at_least(
        "b",
        ("uvloop, calls/s", ("rpcgen-uvloop", "tasks")),
        (2, "Go to Go", ("go", "tasks")),
        (25, "grpcio, aio", ("grpcio-aio", "tasks")),
    ),
    *_at_least(
        "b",
        ("64 futures, calls/s", ("rpcgen", "futures")),
        (15, "grpcio, 64 futures", ("grpcio", "futures")),
    ),
    *_at_least(
        "b",
        ("64 threads, calls/s", ("rpcgen", "threads")),
        (5, "grpcio, 64 threads", ("grpcio", "threads")),
    ),
    *_at_least(
        "b",
        ("Go on 16 connections, calls/s", ("go-to-rpcgen", "connections-16")),
        (1, "Go's server", ("go", "connections-16")),
    ),
    *_at_least(
        "b",
        ("Go on 64 connections, calls/s", ("go-to-rpcgen", "connections-64")),
        (1, "Go's server", ("go", "connections-64")),
    ),
    *_at_most(
        "c",
        ("threads, latency", ("rpcgen", "order")),
        (0.85, "grpcio", ("grpcio", "order")),
    ),
    *_at_most(
        "d",
        ("threads, latency", ("rpcgen", "blob")),
        (1.3, "raw sockets", ("sockets", "blob")),
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
    Target("e", "import of a generated module", "", 60, _import, unit="ms"),
    Target("f", "header and arguments, encode", "", 3, partial(_codec, "encode"), unit="µs"),
    Target("f", "header and arguments, decode", "", 5, partial(_codec, "decode"), unit="µs"),
    # The measure of "linear": on these machines, differences below a factor of 2 can be noise.
    Target("g", "an element of the longest list", "of a list of 10,000", 2, _worst_growth),
    Target("g", "10,000 idle connections on asyncio", "", 250, _idle, unit="MB"),
)
