"""Tests of `rpcgen.sync.caller`; what fits it is in ``tests/typing/cases/callers.py``."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from rpcgen.sync import Caller, Client


def positional(function: Callable[..., object]) -> list[str]:
    """Return the names of the parameters that are given by position."""
    parameters = inspect.signature(function).parameters.values()
    return [
        each.name
        for each in parameters
        if each.kind < each.KEYWORD_ONLY and each.kind != each.VAR_POSITIONAL
    ]


@pytest.mark.parametrize("name", ["call", "go", "close"])
def test_caller_has_the_methods_of_a_client(name: str) -> None:
    of_client, of_caller = getattr(Client, name), getattr(Caller, name)
    names = positional(of_caller)
    assert positional(of_client)[: len(names)] == names


@pytest.mark.parametrize("name", ["call", "go"])
def test_caller_takes_the_options_that_a_client_takes(name: str) -> None:
    options = [
        inspect.signature(getattr(cls, name)).parameters["options"] for cls in (Caller, Client)
    ]
    assert options[0] == options[1]


@pytest.mark.parametrize("name", ["call", "go", "close"])
def test_caller_awaits_what_a_client_awaits(name: str) -> None:
    of_client, of_caller = getattr(Client, name), getattr(Caller, name)
    assert inspect.iscoroutinefunction(of_caller) == inspect.iscoroutinefunction(of_client)
