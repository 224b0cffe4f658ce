from __future__ import annotations

import sys

import pytest

from rpcgen.testing.conformance.peer import CaseError
from rpcgen.testing.conformance.program import Done, Program
from tests.support.timeouts import TIMEOUT_S


def python(code: str, timeout: float = TIMEOUT_S) -> Program:
    return Program([sys.executable, "-c", code], timeout)


@pytest.mark.parametrize("piece", [None, 1, 3])
def test_program_gets_the_stream_and_its_end(piece: int | None) -> None:
    copying = python("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())")
    assert copying.run(b"stream", piece) == Done(0, b"stream", "")


def test_status_and_what_it_says_are_kept() -> None:
    assert python("import sys; sys.exit('no')").run(b"") == Done(1, b"", "no")


@pytest.mark.parametrize("piece", [None, 1])
def test_program_that_reads_nothing_is_no_error_by_itself(piece: int | None) -> None:
    stream = bytes(300_000) if piece is None else b"12"
    assert python("pass").run(stream, piece).status == 0


def test_program_that_closes_its_input_early_has_failed_the_case() -> None:
    with pytest.raises(CaseError, match="ends before it has read everything"):
        python("pass").run(bytes(300_000), 100_000)


def test_program_that_does_not_end_is_killed() -> None:
    with pytest.raises(CaseError, match="it has not ended"):
        python("import time; time.sleep(60)", 0.3).run(b"")


def test_program_that_is_not_there_is_an_error_of_the_system() -> None:
    with pytest.raises(FileNotFoundError):
        Program(["no/such/program"], 1.0).run(b"")
