"""``rpcgen from-record``: an IDL written from the calls of a recording."""

from __future__ import annotations

from pathlib import Path

import click

from rpcgen.errors import DecodeError, SchemaError
from rpcgen.gen.idl_text import write_idl
from rpcgen.testing.recording.describe import describe
from rpcgen.testing.recording.file import read_recording
from rpcgen.testing.recording.traffic import calls_of

__all__ = ["command"]


@click.command(short_help="Write an IDL of what a recording has seen.")
@click.argument("recording", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the IDL there, to a file that is not there yet; to standard output by default.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(recording: Path, output: Path | None, force: bool) -> int:
    """Write an IDL of the services, methods and types that a recording has seen.

    RECORDING is a file of `rpcgen record -o`. What gob does not carry is for you to add: how
    wide a number is, whether a field is a pointer, the names of numbers and strings.
    """
    try:
        module = output.stem if output is not None else "idl"
        description = describe(calls_of(read_recording(recording)), module)
        if not description.services:
            raise click.ClickException(f"{recording} has no call of a service: record some first")
        text = write_idl(description, module=module)
    except (DecodeError, SchemaError, OSError) as error:
        raise click.ClickException(str(error)) from None
    if output is None:
        click.echo(text, nl=False)
        return 0
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.ClickException(f"{output} is there: --force writes over it") from None
    except OSError as error:
        raise click.ClickException(str(error)) from None
    methods = sum(len(service.methods) for service in description.services)
    click.echo(f"wrote {output}: {len(description.services)} services, {methods} methods", err=True)
    return 0
