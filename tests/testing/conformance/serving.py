"""Servers of the suite's service, and the suite run against them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rpcgen.protocol import CodecName
from rpcgen.protocol.address import parse_address
from rpcgen.testing.conformance.cases import CASES
from rpcgen.testing.conformance.peer import Target
from rpcgen.testing.conformance.report import run
from tests.golang import build
from tests.support.timeouts import TIMEOUT_S

__all__ = ["failures", "go_server"]


def failures(address: str, codec: CodecName = "gob", timeout: float = TIMEOUT_S) -> dict[str, str]:
    """Return the problems of a server, by the names of the cases."""
    outcomes = run(Target(parse_address(address), codec, timeout), CASES)
    return {each.case.name: each.problem for each in outcomes if not each.has_passed}


@contextmanager
def go_server() -> Iterator[dict[str, str]]:
    """Run stock Go; yields its addresses, by ``gob``, ``http`` and ``json``."""
    with subprocess.Popen(
        [build(Path(__file__).with_name("server"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()
