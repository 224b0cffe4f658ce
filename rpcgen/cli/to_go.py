"""``rpcgen to-go FILE... -o DIR``: a Go package for the services of IDL files."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..errors import RpcError
from ..gen import compare, write
from ..gen.describe import Described, describe_idls
from ..gen.diagnostics import display_path, raise_if_any
from ..gen.golang.write import package_name, write_go
from ..gen.write import check_overwrite
from .console import say, tell
from .generate import report_check
from .options import ROOT_OPTION

__all__ = ["command"]


@click.command(
    "to-go",
    short_help="Write a Go package for the services of IDL files.",
    help="""Write a Go package for the services of IDL files: types with their names on the wire,
    typed clients, interfaces for servers, and a codec by which the net/rpc of Go's library has
    deadlines, metadata, cancels and codes of errors.""",
)
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", required=True, metavar="DIR", help="the folder of the package")
@click.option("--package", metavar="NAME", help="its name (default: that of the IDL file)")
@click.option(
    "--check",
    is_flag=True,
    help="write nothing; list what is stale or missing and exit 1 if anything is",
)
@ROOT_OPTION
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[str, ...],
    output: str,
    package: str | None,
    check: bool,
    root: Path | None,
) -> int:
    """Run the command and return its exit status."""
    try:
        described = describe_idls(paths, root)
        name = _package(context, described, package)
        folder = Path(os.path.abspath(output))
        sources = ", ".join(sorted(each.replace(".", "/") + ".py" for each in {*described.modules}))
        texts = write_go(described, name, sources)
        files = {folder / file: text for file, text in texts.items()}
        raise_if_any(check_overwrite(folder, files))
        if check:
            return report_check(compare(files), len(files))
        written = write(files)
    except RpcError as error:
        tell(f"{error}")
        return 1
    except OSError as error:
        tell(f"rpcgen: error: {error}")
        return 1
    for path in written:
        say(f"wrote {display_path(path)}")
    return 0 if written else report_check([], len(files))


def _package(context: click.Context, described: Described, given: str | None) -> str:
    """Return the name of the package."""
    if given is None and len({*described.modules}) > 1:
        raise click.UsageError("name the package of several IDL files: --package NAME", context)
    name = package_name(given if given is not None else described.modules[0])
    if not name or (given is not None and name != given):
        raise click.UsageError(
            f"{given or described.modules[0]!r} is no name of a Go package: --package NAME", context
        )
    return name
