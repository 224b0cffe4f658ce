"""`needs_channel`: where one connection is not enough."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from rpcgen import Reconnect, Retry
from rpcgen.channel.resolver import StaticResolver
from rpcgen.channel.target import NAMES, needs_channel
from tests.support.timeouts import PROGRAM_TIMEOUT_S

CHANNELS: list[tuple[object, dict[str, Any]]] = [
    (["a:1"], {}),
    (["a:1", "b:1"], {}),
    (StaticResolver(["a:1"]), {}),
    ("dns://a:1", {}),
    ("a:1", {"reconnect": True}),
    ("a:1", {"reconnect": Reconnect()}),
    ("a:1", {"connections": 1}),
    ("a:1", {"retry": Retry()}),
    ("a:1", {"balance": "first"}),
    ("a:1", {"reconnect": False, "connections": 2}),
]


@pytest.mark.parametrize(("target", "options"), CHANNELS, ids=str)
def test_channel_is_needed(target: object, options: dict[str, Any]) -> None:
    assert needs_channel(target, options)


@pytest.mark.parametrize(
    "options",
    [{}, {"codec": "json"}, {"reconnect": False}, {"retry": None, "reconnect": False}],
    ids=str,
)
def test_connection_is_enough(options: dict[str, Any]) -> None:
    assert not needs_channel("a:1", options)


def test_option_that_says_nothing_is_taken_away() -> None:
    options = {"reconnect": False, "codec": "json"}
    needs_channel("a:1", options)
    assert options == {"codec": "json"}


def test_options_of_a_channel_are_those_that_a_connection_lacks() -> None:
    assert (
        frozenset({"reconnect", "connections", "retry", "balance", "via", "credentials"}) == NAMES
    )


def test_client_of_one_connection_imports_nothing_of_a_channel() -> None:
    program = (
        "import sys, rpcgen.sync.connect, generated.arith\n"
        "print(*sorted(name for name in sys.modules if 'channel' in name))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=PROGRAM_TIMEOUT_S,
    )
    assert done.stdout.split() == [
        "rpcgen.channel",
        "rpcgen.channel.schemes",
        "rpcgen.channel.target",
    ]
