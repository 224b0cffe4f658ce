"""Tests of `rpcgen.sync.caller`; what fits it is in ``tests/typing/cases/callers.py``."""

from __future__ import annotations

import inspect

import pytest

from rpcgen.sync import Caller, Client


@pytest.mark.parametrize("name", ["call", "go", "close"])
def test_caller_has_the_methods_of_a_client(name: str) -> None:
    of_client, of_caller = getattr(Client, name), getattr(Caller, name)
    names = list(inspect.signature(of_caller).parameters)
    assert list(inspect.signature(of_client).parameters)[: len(names)] == names


@pytest.mark.parametrize("name", ["call", "go", "close"])
def test_caller_awaits_what_a_client_awaits(name: str) -> None:
    of_client, of_caller = getattr(Client, name), getattr(Caller, name)
    assert inspect.iscoroutinefunction(of_caller) == inspect.iscoroutinefunction(of_client)
