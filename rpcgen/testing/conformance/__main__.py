"""``python -m rpcgen.testing.conformance ADDRESS``: whether a server of net/rpc is as Go's."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rpcgen.errors import DialError
from rpcgen.protocol.address import parse_address

from .cases import CASES
from .peer import Target
from .report import as_json, line_of, run, summary

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite.

    Args:
        arguments: Arguments of the command line; those of the process by default.

    Returns:
        Exit status: 0 if the server has passed all cases, 1 if not, 2 if it cannot be reached.
    """
    options = _parser().parse_args(arguments)
    if options.list:
        _print(*(f"{case.name:18} {case.about}" for case in CASES))
        return 0
    if options.address is None:
        return _give_up("name the address of a server that has the service Conformance")
    cases = [case for case in CASES if not options.only or case.name in options.only]
    if unknown := set(options.only) - {case.name for case in cases}:
        return _give_up(f"there is no case {', '.join(sorted(unknown))}: see --list")
    try:
        target = Target(parse_address(options.address), options.codec, options.timeout)
        if target.address.tls:
            return _give_up("the suite speaks no TLS: give it an address without")
        with target.connect():
            pass
    except (DialError, OSError) as error:
        return _give_up(f"cannot connect to {options.address}: {error}")
    outcomes = []
    for outcome in run(target, cases):
        outcomes.append(outcome)
        if not options.json:
            _print(line_of(outcome))
    if options.json:
        _print(as_json(options.address, options.codec, outcomes))
    else:
        _print(summary(outcomes))
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
        description="Look whether a server of net/rpc does what Go's does.",
        epilog="The server must offer the service Conformance: see docs/testing.md.",
    )
    parser.add_argument(
        "address", metavar="ADDRESS", nargs="?", help="host:port, unix:// or http://"
    )
    parser.add_argument("--codec", choices=("gob", "json"), default="gob", help="what it speaks")
    parser.add_argument("--only", metavar="CASE", action="append", default=[], help="this case")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds for each step")
    parser.add_argument("--json", action="store_true", help="print one object of JSON")
    parser.add_argument("--list", action="store_true", help="print the cases, and do nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
