"""Implementation of the gob codec that a process uses, chosen by ``RPCGEN_IMPL``.

``python`` is there always; ``c`` where the accelerator was compiled, and is the
default then, for JSON as well. Each has the same classes and functions in modules of its own, is
a line in `IMPLEMENTATIONS`, and is run through all tests of what gob's codec
does, with all others.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = [
    "CHOSEN",
    "IMPLEMENTATIONS",
    "IS_ACCELERATED",
    "VARIABLE",
    "Implementation",
    "choose",
    "name_of",
]

VARIABLE: Final = "RPCGEN_IMPL"
"""Name of the environment variable; empty or not set, the default is used."""


class Implementation(NamedTuple):
    """An implementation, by the names of its modules.

    Attributes:
        encoder: Module of ``Encoder`` and ``dumps``.
        decoder: Module of ``Decoder`` and ``loads``.
        headers: Module of ``HeaderDecoder``.
    """

    encoder: str
    decoder: str
    headers: str


# Number of what the package and the accelerator ask of each other, as it is in native/module.c: one
# more with each change of it.
_INTERFACE: Final = 10

_NOT_COMPILED: Final = "install rpcgen where there is a C compiler: see docs/accelerator.md"
_OUTDATED: Final = (
    "the accelerator was compiled from other sources and is not used: run python native/build.py"
)


def _problem_of_accelerator() -> str:
    """Return why the accelerator cannot be used, and what to do; empty where it can."""
    try:
        found = importlib.import_module("rpcgen._accelerator")
    except ImportError:  # not compiled, or not for this interpreter
        return _NOT_COMPILED
    return "" if getattr(found, "INTERFACE", 0) == _INTERFACE else _OUTDATED


_PROBLEM: Final = _problem_of_accelerator()

_PYTHON: Final = Implementation(
    "rpcgen.gob.encoder", "rpcgen.gob.decoder", "rpcgen.gob.header_cache"
)
_C: Final = Implementation(
    "rpcgen.gob.accelerated.encoder",
    "rpcgen.gob.accelerated.decoder",
    "rpcgen.gob.accelerated.header_cache",
)

IMPLEMENTATIONS: Final[Mapping[str, Implementation]] = (
    {"python": _PYTHON} if _PROBLEM else {"c": _C, "python": _PYTHON}
)
"""The implementations that there are, by name; the first is the default."""


def choose(environ: Mapping[str, str]) -> Implementation:
    """Return the implementation that an environment asks for.

    Args:
        environ: The environment, as in `os.environ`.

    Returns:
        The implementation, the default if the variable is empty or not set; there is a
        `RuntimeWarning` if that would be the accelerator, but it is from other sources.

    Raises:
        ImportError: An implementation of this name does not exist; its ``name`` is `VARIABLE`.
    """
    name = environ.get(VARIABLE)
    if not name:
        if _PROBLEM == _OUTDATED:
            import warnings  # lazy: nearly nobody is warned

            warnings.warn(_OUTDATED, RuntimeWarning, stacklevel=2)
        return next(iter(IMPLEMENTATIONS.values()))
    if name not in IMPLEMENTATIONS:
        there_are = ", ".join(sorted(IMPLEMENTATIONS))
        hint = f"; {_PROBLEM}" if name == "c" else ""
        raise ImportError(
            f"{VARIABLE}={name!r} is not an implementation; there are: {there_are}{hint}",
            name=VARIABLE,
        )
    return IMPLEMENTATIONS[name]


def name_of(implementation: Implementation) -> str:
    """Return the name of an implementation."""
    return next(name for name, each in IMPLEMENTATIONS.items() if each is implementation)


CHOSEN: Final = choose(os.environ)
"""The implementation of this process, chosen once."""

IS_ACCELERATED: Final = CHOSEN is _C
"""True where that is the accelerator, which then serves JSON, too."""
