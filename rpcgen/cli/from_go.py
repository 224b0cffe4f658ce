"""``rpcgen from-go PATH... -o FILE``: an IDL, read from Go source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click

from ..errors import RpcError
from .console import say, tell

__all__ = ["command"]


@click.command(
    help="Read the net/rpc services of Go source and write their IDL. A folder stands for the "
    "packages in and below it, a file for its package. Go itself is not needed."
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True))
@click.option(
    "-o", "--output", metavar="FILE", help="The IDL file to write (default: standard output)."
)
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="PACKAGE.TYPE",
    help="A type whose methods are served, where that is not found by itself. May be repeated.",
)
@click.option("--name", default="", help="Name of the service, with one --type.")
@click.option(
    "--reply",
    "replies",
    multiple=True,
    metavar="METHOD=TYPE",
    help="Type of a reply that goes to a callback. May be repeated.",
)
@click.option(
    "--docs/--no-docs",
    "docs",
    default=True,
    help="Take over Go's doc comments, or leave them out where they are not yours (default: take).",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit 1 if the Go source has changed since."
)
@click.option("--force", is_flag=True, help="Overwrite a file that was edited or is another's.")
def command(
    paths: Sequence[str],
    output: str | None,
    types: Sequence[str],
    name: str,
    replies: Sequence[str],
    docs: bool,
    check: bool,
    force: bool,
) -> int:
    """Read Go source and write the IDL, or compare it."""
    from ..gen.golang.read.reader import read_go  # lazy: it needs tree-sitter
    from ..gen.golang.read.written import with_header
    from ..gen.idl_names import is_name

    if name and len(types) != 1:
        raise click.UsageError("--name says what one --type is called")
    if check and output is None:
        raise click.UsageError("--check needs the file to compare with: -o FILE")
    if output is not None and not is_name(Path(output).stem):
        name = re.sub(r"\W", "_", Path(output).stem)
        raise click.UsageError(f"-o {output}: an IDL is a module of Python, so call it {name}.py")
    try:
        reading = read_go(
            [Path(path) for path in paths],
            module=Path(output).stem if output else "idl",
            type_names=types,
            name=name,
            replies=dict(_split(each) for each in replies),
            docs=docs,
        )
    except RpcError as error:
        tell(f"{error}")
        return 1
    except OSError as error:
        tell(f"rpcgen: error: {error}")
        return 1
    for note in reading.notes:
        tell(f"{note.place}: note: {note.text}")
    options = [*(f"--type {each}" for each in types), *([f"--name {name}"] if name else [])]
    options += [f"--reply {each}" for each in replies]
    options += [] if docs else ["--no-docs"]
    text = with_header(reading.text, " ".join([*paths, *options]))
    tell(
        f"{_count(reading.services, 'service')}, {reading.expressed} of "
        f"{reading.methods} methods, from {_count(reading.files, 'Go file')}; "
        f"{_count(len(reading.notes), 'note')}"
    )
    if output is None:
        say(text.removesuffix("\n"))
        return 0
    try:
        return _compare(Path(output), text) if check else _write(Path(output), text, force)
    except OSError as error:
        tell(f"rpcgen: error: {error}")
        return 1


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _split(reply: str) -> tuple[str, str]:
    method, _, type_ = reply.partition("=")
    if not method or not type_:
        raise click.UsageError(f"--reply {reply} is not METHOD=TYPE")
    return method, type_


def _compare(path: Path, text: str) -> int:
    from ..gen.golang.read.written import digest_in, look

    there = look(path)
    if there is None:
        say(f"missing {path}")
        return 1
    if there.digest == digest_in(text):
        say(f"{path} is up to date{', with edits' if there.is_edited else ''}")
        return 0
    say(f"stale {path}")
    return 1


def _write(path: Path, text: str, force: bool) -> int:
    from ..gen.golang.read.written import digest_in, look
    from ..gen.write import write

    there = look(path)
    if there is not None and not force and there.is_edited:
        if there.digest and there.digest == digest_in(text):
            say(f"{path} is up to date, with edits")
            return 0
        edited = "was edited" if there.digest else "was not written by from-go"
        tell(
            f"rpcgen: error: {path} {edited}, so it is left alone; hint: write to another file "
            "with -o and merge, or overwrite it with --force"
        )
        return 1
    if write({path.absolute(): text}):
        say(f"wrote {path}")
    else:
        say(f"{path} is up to date")
    return 0
