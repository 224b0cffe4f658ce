"""The sync and the asyncio API have the same names, which take the same arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

import rpcgen
import rpcgen.aio
import rpcgen.sync

CLASSES = ("Server", "Client", "Channel")
FUNCTIONS = ("dial", "dial_http", "dial_http_path")

# Made by `dial` alone; what its constructor takes is of no account.
NO_CONSTRUCTOR = {("Client", "__init__"), ("Channel", "__init__")}


def public_names(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def methods() -> list[tuple[str, str]]:
    found = []
    for cls in CLASSES:
        for name in sorted({*public_names(getattr(rpcgen.sync, cls)), "__init__"}):
            if callable(getattr(getattr(rpcgen.sync, cls), name)):
                found.append((cls, name))
    return [each for each in found if each not in NO_CONSTRUCTOR]


def parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    """Return the parameters, without what a client takes of its own kind of stream.

    Interceptors are functions in one API and coroutine functions in the other.
    """
    return [
        parameter.replace(
            annotation=str(parameter.annotation)
            .removesuffix(" | Stream")
            .removesuffix(" | asyncio.Transport")
            .replace("[AsyncServerInterceptor]", "[ServerInterceptor]")
            .replace("[AsyncClientInterceptor]", "[ClientInterceptor]")
        )
        for parameter in inspect.signature(function).parameters.values()
    ]


@pytest.mark.parametrize("cls", CLASSES)
def test_classes_have_the_same_names(cls: str) -> None:
    assert public_names(getattr(rpcgen.sync, cls)) == public_names(getattr(rpcgen.aio, cls))


@pytest.mark.parametrize(("cls", "name"), methods(), ids=".".join)
def test_method_takes_the_same_arguments(cls: str, name: str) -> None:
    ours, theirs = (getattr(getattr(api, cls), name) for api in (rpcgen.sync, rpcgen.aio))
    assert parameters(ours) == parameters(theirs)


@pytest.mark.parametrize(("cls", "name"), methods(), ids=".".join)
def test_method_returns_the_same(cls: str, name: str) -> None:
    ours, theirs = (getattr(getattr(api, cls), name) for api in (rpcgen.sync, rpcgen.aio))
    assert inspect.signature(ours).return_annotation == inspect.signature(theirs).return_annotation


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_takes_the_same_arguments(name: str) -> None:
    assert parameters(getattr(rpcgen.sync, name)) == parameters(getattr(rpcgen.aio, name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_returns_what_can_be_awaited_for_the_same(name: str) -> None:
    ours, theirs = (
        inspect.signature(getattr(api, name)).return_annotation for api in (rpcgen.sync, rpcgen.aio)
    )
    assert f"ClientConnector[{ours}]" == theirs
