"""What the commands that find things have in common: their options, and how they print."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from ..gen.findings import Finding
from .console import say

__all__ = ["FORMAT_OPTIONS", "ROOT_OPTION", "report"]

F = TypeVar("F", bound=Callable[..., object])

ROOT_OPTION = click.option(
    "--root", metavar="DIR", help="the folder that the IDL's imports count from"
)


def FORMAT_OPTIONS(function: F) -> F:  # noqa: N802 - a constant like the one above
    """Add the options that say what is printed, and how."""
    ignore = click.option(
        "--ignore", "ignored", multiple=True, metavar="RULE", help="leave out what this rule says"
    )
    as_json = click.option(
        "--json", "as_json", is_flag=True, help="print an array of objects, for programs"
    )
    return ignore(as_json(function))


def report(findings: Sequence[Finding], severity: str, as_json: bool) -> int:
    """Print findings.

    Args:
        findings: What was found.
        severity: Word behind the location of each.
        as_json: True for programs, False for people.

    Returns:
        Exit status: 0 is nothing found, 1 is something.
    """
    if as_json:
        say(json.dumps([each.as_json() for each in findings], indent=2))
    else:
        for each in findings:
            say(each.text(severity))
    return 1 if findings else 0
