"""``rpcgen breaking OLD NEW``: what a change of an IDL breaks between old peers and new ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import click

from ..errors import GenerateError, RpcError
from ..gen.breaking import RevisionError, checked_out, compare_services
from ..gen.describe import Described, describe_idls
from ..gen.findings import BreakingRule, kept
from .console import tell
from .findings import ROOT_OPTION, format_options, report

__all__ = ["command"]


@click.command(
    "breaking",
    short_help="Say what a change of an IDL breaks between peers.",
    help="""Say what a change of an IDL would break between peers that have it and peers that do
    not, in gob and in JSON.

    OLD and NEW are IDL files, or folders of them. With --against, the IDL in the working tree is
    NEW, and the same paths at a revision of git are OLD.

    A comment "# rpcgen: ignore[RULE]" on the line that is named, or above it, accepts what a rule
    says of it.

    Exit status: 0 if nothing breaks, 1 if something does, 2 if that cannot be found out.""",
)
@click.argument("paths", nargs=-1, required=True, metavar="[OLD] NEW...")
@click.option("--against", metavar="GIT_REV", help="compare with this revision: main, HEAD~1, v1.2")
@ROOT_OPTION
@format_options(get_args(BreakingRule))
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[str, ...],
    against: str | None,
    root: Path | None,
    ignored: tuple[str, ...],
    as_json: bool,
) -> int:
    """Run the command and return its exit status."""
    try:
        if against is not None:
            old, new = _against(against, paths, root)
        elif len(paths) == 2:
            old, new = describe_idls(paths[:1], None), describe_idls(paths[1:], root)
        else:
            raise click.UsageError("name OLD and NEW, or --against GIT_REV and NEW...", context)
    except RpcError as error:
        tell(f"{error}")
        return 2
    except (RevisionError, OSError) as error:
        tell(f"rpcgen: error: {error}")
        return 2
    return report(kept(compare_services(old, new), new.texts, ignored), "breaking", as_json)


def _against(
    revision: str, paths: tuple[str, ...], root: Path | None
) -> tuple[Described, Described]:
    new = describe_idls(paths, root)
    given = [Path(os.path.abspath(path)) for path in paths]
    with checked_out(revision, given) as (folder, then):
        if not then:
            raise RevisionError(f"{revision} has none of {', '.join(paths)}")
        try:
            old = describe_idls(map(str, then))
        except GenerateError as error:
            told = [each.replace(f"{folder}{os.sep}", f"{revision}:") for each in error.errors]
            raise GenerateError(tuple(told)) from None
    return old, new
