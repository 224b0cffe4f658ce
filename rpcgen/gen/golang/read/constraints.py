"""Build constraints: which files of a folder belong to a build for Linux on amd64."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_built"]

_SYSTEMS: Final = frozenset(
    """
    aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9
    solaris wasip1 windows zos
    """.split()
)

_MACHINES: Final = frozenset(
    """
    386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x sparc64
    wasm
    """.split()
)

# Tags that hold; those of versions, `go1.21`, do as well.
_TAGS: Final = frozenset({"linux", "amd64", "unix", "gc", "cgo"})

_LINE: Final = re.compile(r"^//go:build (.*)$", re.MULTILINE)
_OLD_LINE: Final = re.compile(r"^// ?\+build (.*)$", re.MULTILINE)
_PACKAGE: Final = re.compile(r"^package\s", re.MULTILINE)
_TOKEN: Final = re.compile(r"&&|\|\||[!()]|[\w.]+")


def is_built(name: str, text: str) -> bool:
    """Return True if a file belongs to the package that is read.

    Args:
        name: Name of the file.
        text: Text of the file.
    """
    if name.endswith("_test.go") or name.startswith(("_", ".")):
        return False
    return _name_fits(name) and _lines_fit(text)


def _name_fits(name: str) -> bool:
    words = name.removesuffix(".go").split("_")[1:]
    known = [word for word in words[-2:] if word in _SYSTEMS | _MACHINES]
    if len(known) == 2 and words[-1] not in _MACHINES:
        known = known[-1:]
    return all(word in _TAGS for word in known) if words and words[-1] in known else True


def _lines_fit(text: str) -> bool:
    package = _PACKAGE.search(text)
    head = text[: package.start()] if package else text
    line = _LINE.search(head)
    if line is not None:
        return _Condition(line[1]).holds()
    return all(_old_line_fits(each) for each in _OLD_LINE.findall(head))


def _old_line_fits(line: str) -> bool:
    """Return True for a line of the form before Go 1.17: spaces are "or", commas "and"."""
    return any(
        all(_tag(tag.removeprefix("!")) != tag.startswith("!") for tag in each.split(","))
        for each in line.split()
    )


def _tag(name: str) -> bool:
    return name in _TAGS or re.fullmatch(r"go1\.\d+", name) is not None


class _Condition:
    """A condition of ``//go:build``."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)

    def holds(self) -> bool:
        """Return the value of the condition."""
        return self._either()

    def _next(self, *wanted: str) -> bool:
        if self._tokens and self._tokens[0] in wanted:
            del self._tokens[0]
            return True
        return False

    def _either(self) -> bool:
        value = self._both()
        while self._next("||"):
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._next("&&"):
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if self._next("!"):
            return not self._one()
        if self._next("("):
            value = self._either()
            self._next(")")
            return value
        return bool(self._tokens) and _tag(self._tokens.pop(0))
