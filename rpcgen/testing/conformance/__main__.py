"""``python -m rpcgen.testing.conformance``: whether a server of net/rpc, or a codec, is as Go's."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from typing import Any

from rpcgen.errors import DialError
from rpcgen.protocol.address import parse_address

from .cases import CASES, Case
from .peer import CaseError, Target
from .program import Program
from .report import Outcome, as_json, line_of, program_as_json, run, summary
from .streams import STREAM_CASES

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite.

    Args:
        arguments: Arguments of the command line; those of the process by default.

    Returns:
        Exit status: 0 if the server, or the program, has passed all cases, 1 if not, 2 if it
        cannot be reached.
    """
    options = _parser().parse_args(arguments)
    of_program = options.program is not None
    cases: Sequence[Case[Any]] = STREAM_CASES if of_program else CASES
    if options.list:
        _print(*(f"{case.name:18} {case.about}" for case in cases))
        return 0
    if unknown := set(options.only) - {case.name for case in cases}:
        return _give_up(f"there is no case {', '.join(sorted(unknown))}: see --list")
    cases = [case for case in cases if not options.only or case.name in options.only]
    return _run_program(options, cases) if of_program else _run_server(options, cases)


def _run_server(options: argparse.Namespace, cases: Sequence[Case[Any]]) -> int:
    if options.address is None:
        return _give_up(
            "name the address of a server that has the service Conformance, or --program COMMAND"
        )
    try:
        target = Target(parse_address(options.address), options.codec, options.timeout)
        if target.address.tls:
            return _give_up("the suite speaks no TLS: give it an address without")
        with target.connect():
            pass
    except (DialError, OSError) as error:
        return _give_up(f"cannot connect to {options.address}: {error}")
    outcomes = _outcomes(options, target, cases)
    if options.json:
        _print(as_json(options.address, options.codec, outcomes))
    return _status(outcomes)


def _run_program(options: argparse.Namespace, cases: Sequence[Case[Any]]) -> int:
    if not options.program.strip():
        return _give_up("--program needs a command, such as --program 'go run ./echo'")
    if options.address is not None or options.codec != "gob":
        return _give_up("--program is a codec of gob, and has no address")
    try:
        program = Program(shlex.split(options.program), options.timeout)
        program.run(b"")
    except (ValueError, OSError) as error:
        return _give_up(f"cannot run {options.program!r}: {error}")
    except CaseError as error:
        return _give_up(f"{options.program!r} does not end where nothing comes: {error}")
    outcomes = _outcomes(options, program, cases)
    if options.json:
        _print(program_as_json(options.program, outcomes))
    return _status(outcomes)


def _outcomes(
    options: argparse.Namespace, target: object, cases: Sequence[Case[Any]]
) -> list[Outcome]:
    """Return how the cases end; they are printed meanwhile, unless JSON is wanted."""
    outcomes = []
    for outcome in run(target, cases):
        outcomes.append(outcome)
        if not options.json:
            _print(line_of(outcome))
    if not options.json:
        _print(summary(outcomes))
    return outcomes


def _status(outcomes: Sequence[Outcome]) -> int:
    return 0 if all(outcome.has_passed for outcome in outcomes) else 1


def _print(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _give_up(reason: str) -> int:
    sys.stderr.write(f"conformance: {reason}\n")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rpcgen.testing.conformance",
        description="Look whether a server of net/rpc, or a codec of gob, does what Go's does.",
        epilog="The server must offer the service Conformance: see docs/testing.md.",
    )
    parser.add_argument(
        "address", metavar="ADDRESS", nargs="?", help="host:port, unix:// or http://"
    )
    parser.add_argument(
        "--program", metavar="COMMAND", help="a codec: decodes standard input, encodes it again"
    )
    parser.add_argument("--codec", choices=("gob", "json"), default="gob", help="what it speaks")
    parser.add_argument("--only", metavar="CASE", action="append", default=[], help="this case")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds for each step")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    parser.add_argument("--list", action="store_true", help="print the cases, and do nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
