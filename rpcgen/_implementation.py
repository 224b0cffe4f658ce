"""Implementation of the gob codec that a process uses, chosen by ``RPCGEN_IMPL``.

There is one so far, in Python. Another one has the same classes and functions
in modules of its own, is a line in `IMPLEMENTATIONS`, and is then run through
all tests of what gob's codec does, with all others.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["CHOSEN", "IMPLEMENTATIONS", "VARIABLE", "Implementation", "choose"]

VARIABLE: Final = "RPCGEN_IMPL"
"""Name of the environment variable; empty or not set, the default is used."""

_DEFAULT: Final = "python"


class Implementation(NamedTuple):
    """An implementation, by the names of its modules.

    Attributes:
        encoder: Module of ``Encoder`` and ``dumps``.
        decoder: Module of ``Decoder`` and ``loads``.
    """

    encoder: str
    decoder: str


IMPLEMENTATIONS: Final[Mapping[str, Implementation]] = {
    "python": Implementation("rpcgen.gob.encoder", "rpcgen.gob.decoder"),
}


def choose(environ: Mapping[str, str]) -> Implementation:
    """Return the implementation that an environment asks for.

    Args:
        environ: The environment, as in `os.environ`.

    Returns:
        The implementation, the default if the variable is empty or not set.

    Raises:
        ImportError: An implementation of this name does not exist.
    """
    name = environ.get(VARIABLE) or _DEFAULT
    if name not in IMPLEMENTATIONS:
        there_are = ", ".join(sorted(IMPLEMENTATIONS))
        raise ImportError(f"{VARIABLE}={name!r} is not an implementation; there are: {there_are}")
    return IMPLEMENTATIONS[name]


CHOSEN: Final = choose(os.environ)
"""The implementation of this process, chosen once."""
