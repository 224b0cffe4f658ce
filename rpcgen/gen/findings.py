"""Findings: what `breaking` and `lint` say of an IDL that is no mistake, each of a named rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from attrs import frozen

from .diagnostics import Diagnostic, Location

__all__ = ["BreakingRule", "Finding", "LintRule", "kept"]

BreakingRule: TypeAlias = Literal[
    "durable-default",
    "durable-removed",
    "embedding-changed",
    "enum-closed",
    "enum-member-added",
    "enum-member-changed",
    "enum-member-removed",
    "error-code-changed",
    "error-removed",
    "error-renamed",
    "error-text-changed",
    "field-removed",
    "field-renamed",
    "idempotent-removed",
    "json-name-changed",
    "method-removed",
    "method-renamed",
    "number-narrowed",
    "number-widened",
    "reply-form",
    "request-form",
    "service-removed",
    "service-renamed",
    "type-changed",
    "union-closed",
    "union-member-added",
    "union-member-removed",
    "union-member-renamed",
    "union-nullable",
]

LintRule: TypeAlias = Literal[
    "ambiguous-name",
    "case-clash",
    "hidden-zero",
    "lone-parameter",
    "module-name",
    "no-zero-member",
]

# A comment that keeps rules from saying something: ``# rpcgen: ignore[field-removed]``.
_IGNORE = re.compile(r"#\s*rpcgen:\s*ignore\[([^\]]*)\]")


@frozen(order=True)
class Finding:
    """One thing that was found.

    Attributes:
        location: Where it is.
        rule: Name of the rule, such as ``field-removed``.
        reason: Description of what was found, and of what comes of it.
        hint: What to do.
        codecs: The codecs that it is about: ``gob``, ``json``, or both.
    """

    location: Location
    rule: BreakingRule | LintRule
    reason: str
    hint: str = ""
    codecs: tuple[str, ...] = ("gob", "json")

    def text(self, severity: str) -> str:
        """Return the lines for people.

        Args:
            severity: Word behind the location.
        """
        only = f"; {self.codecs[0]} only" if len(self.codecs) == 1 else ""
        reason = f"{self.reason} [{self.rule}{only}]"
        return Diagnostic(self.location, reason, self.hint).text(severity)

    def as_json(self) -> dict[str, Any]:
        """Return the members of an object for programs."""
        return {
            "path": self.location.path,
            "line": self.location.line,
            "column": self.location.column,
            "rule": self.rule,
            "reason": self.reason,
            "hint": self.hint,
            "codecs": list(self.codecs),
        }


def kept(
    findings: Iterable[Finding], texts: Mapping[str, str], ignored: Iterable[str] = ()
) -> list[Finding]:
    """Return the findings that nobody wants to be spared, each once and in order.

    A comment ``# rpcgen: ignore[rule]`` spares those of a rule on its line, or
    where it stands alone, on the next that is no comment and no decorator.

    Args:
        findings: What was found.
        texts: The text of each file that a location names.
        ignored: Names of rules that are left out everywhere.
    """
    unwanted = frozenset(ignored)
    return [
        each
        for each in sorted(set(findings))
        if each.rule not in unwanted and each.rule not in _ignored_at(each.location, texts)
    ]


def _ignored_at(location: Location, texts: Mapping[str, str]) -> frozenset[str]:
    lines = texts.get(location.path, "").split("\n")
    last = location.line - 1
    if not 0 <= last < len(lines):
        return frozenset()
    found = set(_rules(lines[last]))
    for line in reversed(lines[:last]):
        if not line.lstrip().startswith(("#", "@")):
            break
        found.update(_rules(line))
    return frozenset(found)


def _rules(line: str) -> list[str]:
    return [rule.strip() for told in _IGNORE.findall(line) for rule in told.split(",")]
