"""IDL files, and what several tests of commands do."""

from __future__ import annotations

import pytest

from rpcgen import cli

__all__ = ["ARITH", "MESSAGES", "usage_error"]

ARITH = """
from typing import Protocol


class Arith(Protocol):
    def double(self, number: int) -> int: ...
"""

MESSAGES = """
from attrs import define


@define
class Args:
    a: int
"""


def usage_error(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as raised:
        cli.main(arguments)
    return raised.value.code
