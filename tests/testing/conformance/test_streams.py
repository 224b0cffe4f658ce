from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.schema import schema_of
from rpcgen.testing.conformance.program import Done, Program
from rpcgen.testing.conformance.report import run
from rpcgen.testing.conformance.service import Value
from rpcgen.testing.conformance.streams import STREAM_CASES, go_streams
from tests.golang import build
from tests.support.timeouts import TIMEOUT_S

from .programs import ECHO, command_of


@pytest.fixture(scope="module")
def go() -> Path:
    return build(Path(__file__).with_name("program"))


def failures(command: str, *only: str) -> dict[str, str]:
    """Return the problems of a program, by the names of the cases."""
    cases = [case for case in STREAM_CASES if not only or case.name in only]
    outcomes = run(Program(shlex.split(command), TIMEOUT_S), cases)
    return {each.case.name: each.problem for each in outcomes if not each.has_passed}


@pytest.mark.go
def test_streams_are_those_of_go(go: Path) -> None:
    made = subprocess.run([go, "streams"], capture_output=True, timeout=TIMEOUT_S, check=True)
    found = {name: bytes.fromhex(digits) for name, digits in json.loads(made.stdout).items()}
    assert found == go_streams()


@pytest.mark.go
def test_go_passes(go: Path) -> None:
    assert failures(str(go)) == {}


class OurCodec(Program):
    """The program of the documentation, in this process: many processes take long."""

    def run(self, stream: bytes, piece: int | None = None) -> Done:
        decoder, encoder, schema = gob.Decoder(stream), gob.Encoder(), schema_of(Value)
        output = b""
        try:
            while decoder.pending:
                output += encoder.encode(decoder.decode(schema), schema)
        except DecodeError as error:
            return Done(1, output, str(error))
        return Done(0, output, "")


def test_our_codec_passes() -> None:
    outcomes = list(run(OurCodec([], 0.0), STREAM_CASES))
    assert [each for each in outcomes if not each.has_passed] == []


@pytest.mark.parametrize(
    ("good", "broken", "failed"),
    [
        # What is broken stays unnoticed, or ends as if all were well.
        (
            "sys.exit(str(error))",
            "pass",
            {"cut", "unknown-id", "huge-list"},
        ),
        # A value too few, and one too many.
        ("decoder.pending", "decoder.pending > 20", {"several"}),
        (
            "decoder, encoder",
            "sys.stdout.buffer.write(gob.dumps(Value())); decoder, encoder",
            {"empty"},
        ),
        # Another value.
        (
            "decoder.decode(schema), schema",
            "__import__('attrs').evolve(decoder.decode(schema), name=''), schema",
            {"several"},
        ),
        # Another type of values.
        ("(decoder.decode(schema), schema)", "(decoder.decode(schema).name)", {"numbers"}),
        # Nothing at all.
        ("import sys", "raise SystemExit(3)", {"empty"}),
    ],
)
def test_program_that_is_broken_fails(
    good: str, broken: str, failed: set[str], tmp_path: Path
) -> None:
    assert good in ECHO
    command = command_of(ECHO.replace(good, broken), tmp_path)
    assert set(failures(command, *failed)) == failed


def test_problem_says_what_came_and_what_was_wanted(tmp_path: Path) -> None:
    command = command_of(
        ECHO.replace("decoder.decode(schema), schema", "decoder.decode(schema) and Value('x')"),
        tmp_path,
    )
    problem = failures(command, "several")["several"]
    assert problem.startswith("value 1 is Value(name='x'")
    assert "not Value(name='one'" in problem
