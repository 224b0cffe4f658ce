"""``rpcgen record``: calls as they pass between clients and a server, printed and kept."""

from __future__ import annotations

import asyncio
import signal
from contextlib import ExitStack
from pathlib import Path

import click

from rpcgen.errors import DecodeError, DialError
from rpcgen.escapes import escaped
from rpcgen.testing.recording.compare import compare
from rpcgen.testing.recording.file import Entry, RecordingWriter, read_recording
from rpcgen.testing.recording.proxy import RecordingProxy
from rpcgen.testing.recording.spell import spell_answer, spell_request
from rpcgen.testing.recording.traffic import Call, Note, Passed, Traffic, calls_of

__all__ = ["command"]


@click.command(short_help="Print the calls that pass between clients and any server.")
@click.option("--listen", metavar="ADDRESS", help="Where clients connect: host:port or unix:///p.")
@click.option("--to", metavar="ADDRESS", help="Where the server is.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep what passes in a new file.",
)
@click.option("--quiet", is_flag=True, help="Print no calls.")
@click.option(
    "--diff",
    nargs=2,
    metavar="OLD NEW",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Say what changed between two recordings, and record nothing.",
)
def command(
    listen: str | None,
    to: str | None,
    output: Path | None,
    quiet: bool,
    diff: tuple[Path, Path] | None,
) -> int:
    """Stand between clients and any server of net/rpc, and print the calls that pass.

    gob, JSON and HTTP CONNECT, without an IDL. Stop it with Ctrl-C. --diff ends with
    status 1 if something has changed.
    """
    if diff is not None:
        if listen or to or output:
            raise click.UsageError("--diff goes with no other option")
        return _diff(*diff)
    if not listen or not to:
        raise click.UsageError("say where to --listen and where calls go --to, or --diff OLD NEW")
    try:
        return asyncio.run(_record(listen, to, output, quiet))
    except (DialError, OSError) as error:
        raise click.ClickException(_hint(error)) from None


def _hint(error: Exception) -> str:
    if isinstance(error, FileExistsError):
        return f"{error.filename} is there: name another file, a recording is not written over"
    return str(error)


async def _record(listen: str, to: str, output: Path | None, quiet: bool) -> int:
    traffic, count = Traffic(), 0
    stop = asyncio.Event()
    failures = list[OSError]()

    def tell(entry: Entry) -> None:
        nonlocal count
        if writer is not None and not failures:
            try:
                writer.write(entry)
            except OSError as error:  # a full disk: nobody would know of the rest
                failures.append(error)
                stop.set()
        for passed in traffic.take(entry):
            count += isinstance(passed, Call) and passed.is_over
            if not quiet:
                click.echo(_line(entry.time, passed))

    proxy = RecordingProxy(listen, to, tell, lambda text: click.echo(text, err=True))
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        writer = stack.enter_context(RecordingWriter(output, to)) if output is not None else None
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
            stack.callback(loop.remove_signal_handler, number)
        async with proxy:
            click.echo(f"listening on {proxy.address}, calls go to {to}; Ctrl-C ends", err=True)
            await stop.wait()
    if failures:
        raise failures[0]
    kept = f", kept in {output}" if output is not None else ""
    click.echo(f"{count} calls{kept}", err=True)
    return 0


def _line(time: float, passed: Passed) -> str:
    head = click.style(f"{time:9.3f}", dim=True) + f" {passed.connection:>3} "
    match passed:
        case Note():
            return head + click.style(f"-- {escaped(passed.text)}", fg=_color(passed.is_fault))
        case Call(is_over=False):
            return head + click.style("-> ", fg="cyan") + spell_request(passed)
    took = click.style(f" ({(passed.ended - passed.began) * 1000:.1f} ms)", dim=True)
    arrow = click.style("<- ", fg="red" if passed.error else "green")
    answer = click.style(spell_answer(passed), fg="red" if passed.error else None)
    return f"{head}{arrow}{escaped(passed.method)} {answer}{took}"


def _color(is_fault: bool) -> str:
    return "red" if is_fault else "bright_black"


def _diff(old: Path, new: Path) -> int:
    try:
        changes = compare(*(calls_of(read_recording(path)) for path in (old, new)))
    except (DecodeError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for change in changes:
        click.echo(change)
    if not changes:
        click.echo("no changes", err=True)
    return 1 if changes else 0
