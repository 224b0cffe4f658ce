"""``rpcgen lint FILE...``: what is better said otherwise in an IDL, although it generates."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from ..errors import RpcError
from ..gen.describe import describe_idls
from ..gen.findings import LintRule, kept
from ..gen.lint import lint
from .console import tell
from .findings import format_options, report
from .options import ROOT_OPTION

__all__ = ["command"]


@click.command(
    "lint",
    short_help="Say what an IDL had better say otherwise.",
    help="""Say what is better said otherwise in an IDL, although it generates: names that Go's
    programs spell in several ways, enums that cannot be zero, and the like.

    A comment "# rpcgen: ignore[RULE]" on the line that is named, or above it, accepts what a rule
    says of it.

    Exit status: 0 if there is nothing to say, 1 if there is, 2 if the IDL cannot be read.""",
)
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@ROOT_OPTION
@format_options(get_args(LintRule))
def command(
    paths: tuple[str, ...], root: Path | None, ignored: tuple[str, ...], as_json: bool
) -> int:
    """Run the command and return its exit status."""
    try:
        described = describe_idls(paths, root)
    except RpcError as error:
        tell(f"{error}")
        return 2
    except OSError as error:
        tell(f"rpcgen: error: {error}")
        return 2
    return report(kept(lint(described), described.texts, ignored), "lint", as_json)
