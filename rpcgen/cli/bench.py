"""``rpcgen bench ADDRESS SERVICE.METHOD ARGUMENTS``: how fast a method answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import click

from ..errors import GenerateError, RpcError
from .call import bind, method_options, read_arguments
from .console import has_terminal_for_notes, json_text, say, say_styled, tell
from .distribution import spelled_seconds
from .failures import FAILED, INTERRUPTED, failure_of
from .load import Interrupted, Load, Outcome
from .remote.methods import MISSING, TypeSource, find_method
from .remote.target import Target, positive, target_options
from .remote.target import seconds as limited

__all__ = ["command"]

_CALLS: Final = 1000
_MOST_CONNECTIONS: Final = 10_000  # a thread each
_PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)
_BARS: Final = 12
_BAR_WIDTH: Final = 40


@click.command("bench", short_help="Measure how fast a method answers.")
@target_options
@click.option(
    "-c",
    "connections",
    type=click.IntRange(1, _MOST_CONNECTIONS),
    default=1,
    metavar="CONNECTIONS",
    help="Each makes one call after the other [1].",
)
@click.option("-n", "calls", type=int, callback=positive, metavar="CALLS", help="In total [1000].")
@click.option(
    "--seconds",
    type=float,
    callback=limited,
    metavar="SECONDS",
    help="How long to call, instead of -n.",
)
@method_options
@click.option("--json", "as_json", is_flag=True, help="Print one object; times are in seconds.")
def command(
    target: Target,
    method: str,
    arguments: str | None,
    connections: int,
    calls: int | None,
    seconds: float | None,
    idl: tuple[str, ...],
    root: Path | None,
    types: TypeSource,
    as_json: bool,
) -> int:
    """Call a method again and again, and print how long it took.

    ARGUMENTS are those of rpcgen call. Ctrl-C prints what there is so far.
    """
    if calls is not None and seconds is not None:
        raise click.UsageError("-n and --seconds exclude each other")
    given = MISSING if arguments is None else read_arguments(arguments)
    interrupted = False
    with ExitStack() as stack:
        try:
            with target.dial() as client:
                found = find_method(method, target, client, stack, idl=idl, root=root, types=types)
            bound, value = bind(found, given)
            most = calls or (None if seconds else _CALLS)
            load = Load(
                target.dial, bound, value, connections=connections, calls=most, seconds=seconds
            )
            with _progress(load, most, seconds) as watch:
                outcome = load.run(watch)
        except Interrupted as interrupt:
            outcome, interrupted = interrupt.outcome, True
        except GenerateError as error:
            tell(f"{error}")
            return FAILED
        except RpcError as error:
            raise failure_of(error, target.address) from error
    if as_json:
        say(json_text(_data(method, target, connections, outcome), indent=2))
    else:
        say_styled(_report(method, connections, outcome))
    if interrupted:
        return INTERRUPTED
    return FAILED if outcome.errors else 0


@contextmanager
def _progress(load: Load, calls: int | None, seconds: float | None) -> Iterator[Callable[[], None]]:
    """Show a bar on standard error, where that is a terminal; yield what keeps it up to date."""
    if not has_terminal_for_notes():
        yield lambda: None
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:  # an extra
        yield lambda: None
        return
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("calling", total=calls or seconds)

        def watch() -> None:
            rate = load.done / max(load.elapsed, 1e-9)
            done = load.done if calls else load.elapsed
            progress.update(task, completed=done, description=f"{load.done:,} calls, {rate:,.0f}/s")

        yield watch


def _report(method: str, connections: int, outcome: Outcome) -> Iterator[list[tuple[str, str]]]:
    """Yield the lines for people."""
    over = "1 connection" if connections == 1 else f"{connections} connections"
    failed = outcome.errors.total()
    yield [
        (f"{outcome.calls:,} calls of {method} over {over} in {outcome.seconds:.3g} s: ", ""),
        (f"{outcome.rate:,.0f} calls/s", "bold"),
        (f", {failed:,} failed", "bold red") if failed else ("", ""),
    ]
    latency = outcome.latency
    if latency.count:
        yield []
        named = [("min", latency.min), ("mean", latency.mean)]
        named += [(f"p{percent:g}", latency.percentile(percent)) for percent in _PERCENTILES]
        for name, value in [*named, ("max", latency.max)]:
            yield [(f"  {name:6}", "dim"), (f"{spelled_seconds(value):>10}", "")]
        yield []
        yield from _histogram(outcome)
    if failed:
        yield []
        width = max(len(f"{each:,}") for each in outcome.errors.values())
        for text, times in outcome.errors.most_common():
            yield [(f"  {times:>{width},}  {text}", "red")]


def _histogram(outcome: Outcome) -> Iterator[list[tuple[str, str]]]:
    bars = outcome.latency.bars(_BARS)
    most = max(each.count for each in bars)
    for each in bars:
        bounds = f"{spelled_seconds(each.low):>8} - {spelled_seconds(each.high):>8}"
        bar = "█" * -(-each.count * _BAR_WIDTH // most)
        yield [(f"  {bounds}  {each.count:>9,}  ", "dim"), (bar, "cyan")]


def _data(method: str, target: Target, connections: int, outcome: Outcome) -> dict[str, object]:
    latency = outcome.latency
    times: dict[str, float | None] = {"min": None, "mean": None, "max": None}
    if latency.count:
        times = {"min": latency.min, "mean": latency.mean, "max": latency.max}
    for percent in _PERCENTILES:
        name = f"p{percent:g}".replace(".", "")
        times[name] = latency.percentile(percent) if latency.count else None
    return {
        "method": method,
        "address": target.address,
        "connections": connections,
        "calls": outcome.calls,
        "failed": outcome.errors.total(),
        "seconds": outcome.seconds,
        "rate": outcome.rate,
        "latency": times,
        "histogram": [
            {"from": each.low, "to": each.high, "count": each.count} for each in latency.bars(_BARS)
        ],
        "errors": dict(outcome.errors.most_common()),
    }
