"""Common parts of the commands that find things: their options, and how they print."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from ..gen.findings import Finding
from .console import say

__all__ = ["format_options", "report"]

F = TypeVar("F", bound=Callable[..., object])


def format_options(rules: Sequence[str]) -> Callable[[F], F]:
    """Return a decorator that adds the options which say what is printed, and how.

    Args:
        rules: Names of the rules that there are.
    """

    def add(function: F) -> F:
        ignore = click.option(
            "--ignore",
            "ignored",
            multiple=True,
            metavar="RULE",
            type=click.Choice(rules),
            help="leave out what this rule says",
        )
        as_json = click.option(
            "--json", "as_json", is_flag=True, help="print an array of objects, for programs"
        )
        return ignore(as_json(function))

    return add


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
