"""``rpcgen breaking OLD NEW``: what a change of an IDL breaks between old peers and new ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import click
from attrs import evolve

from ..errors import GenerateError, RpcError
from ..gen.breaking import RevisionError, checked_out, compare_services
from ..gen.describe import Described, describe_idls
from ..gen.diagnostics import Location, display_path
from ..gen.findings import BreakingRule, Finding, kept
from .console import tell
from .findings import format_options, report
from .options import ROOT_OPTION

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
            new = describe_idls(paths, root)
            findings = _against(against, paths, new)
        elif len(paths) == 2:
            old, new = describe_idls(paths[:1], None), describe_idls(paths[1:], root)
            findings = compare_services(old, new)
        else:
            raise click.UsageError("name OLD and NEW, or --against GIT_REV and NEW...", context)
    except RpcError as error:
        tell(f"{error}")
        return 2
    except (RevisionError, OSError) as error:
        tell(f"rpcgen: error: {error}")
        return 2
    return report(kept(findings, new.texts, ignored), "breaking", as_json)


def _against(revision: str, paths: tuple[str, ...], new: Described) -> list[Finding]:
    given = [Path(os.path.abspath(path)) for path in paths]
    with checked_out(revision, given) as (folder, then):
        if not then:
            raise RevisionError(f"{revision} has none of {', '.join(paths)}")
        try:
            old = describe_idls(map(str, then))
        except GenerateError as error:
            told = [each.replace(f"{folder}{os.sep}", f"{revision}:") for each in error.errors]
            raise GenerateError(tuple(told)) from None
        # A thing that is gone has its place in the revision alone: main:idl/arith.py:3:1.
        place = f"{display_path(folder)}/"
        return [
            evolve(each, location=_renamed(each.location, place, f"{revision}:"))
            for each in compare_services(old, new)
        ]


def _renamed(location: Location, before: str, after: str) -> Location:
    if not location.path.startswith(before):
        return location
    return evolve(location, path=after + location.path.removeprefix(before))
