"""Generated stubs and registrations belong together: what one takes, the other hands over.

A client that is its own server stands between them, without codec and network.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import pytest

from rpcgen.gen.load import isolated_imports
from rpcgen.gen.names import snake_case
from rpcgen.method import Handler, Method
from rpcgen.protocol.call_options import OPTION_NAMES

from .test_golden import GOLDEN

SERVICES = [
    ("plain", "Echo"),
    ("parameters", "Bank"),
    ("hostile_names", "Registry"),
    ("hostile_names", "Builtins"),
    ("other_modules", "Everything"),
    ("other_modules", "Visible"),
    ("aliases", "Old"),
    ("long_lines", "LongLines"),
    ("calls", "Store"),
]


class Loopback:
    """A client whose calls are answered by what is registered with it."""

    def __init__(self) -> None:
        self.functions: dict[str, Callable[[Any], Any]] = {}
        self.options: dict[str, object] = {}

    def register_name(
        self, name: str, handlers: Iterable[Handler], described_by: type[object] | None = None
    ) -> None:
        self.functions = {handler.method.name: handler.function for handler in handlers}

    def call(self, method: Method[Any, Any], args: object, **options: object) -> object:
        self.options = options
        return self.functions[method.name](args)

    def go(self, method: Method[Any, Any], args: object, done: object, **options: object) -> object:
        self.options = options
        return self.functions[method.name](args), done


class Recorder:
    """An implementation of anything, whose methods return how they were called."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        return lambda *args, **kwargs: (name, args, kwargs)


def generated(case: str) -> ModuleType:
    with isolated_imports(GOLDEN):
        return importlib.import_module(f"{case}.generated.idl")


def methods(protocol: type[Any]) -> list[str]:
    return [name for name in dir(protocol) if name[0] != "_" and callable(getattr(protocol, name))]


def given(function: Callable[..., Any]) -> tuple[list[object], dict[str, object]]:
    """Return an argument for each parameter of ``function`` but ``self``, each another."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    positional = [object() for each in parameters if each.kind is not each.KEYWORD_ONLY]
    named = {each.name: object() for each in parameters if each.kind is each.KEYWORD_ONLY}
    return positional, named


def received(function: Callable[..., Any], call: object) -> tuple[str, dict[str, object]]:
    assert isinstance(call, tuple)
    name, args, kwargs = call
    return name, inspect.signature(function).bind(None, *args, **kwargs).arguments


@pytest.fixture(params=SERVICES, ids=str)
def service(request: pytest.FixtureRequest) -> tuple[ModuleType, str, Loopback]:
    """Return a generated module, the name of a service in it, and a client that serves it."""
    case, name = request.param
    module = generated(case)
    client = Loopback()
    getattr(module, f"register_{snake_case(name)}")(client, Recorder())
    return module, name, client


def test_arguments_arrive_as_they_were_given(service: tuple[ModuleType, str, Loopback]) -> None:
    module, name, client = service
    protocol, stub = getattr(module, name), getattr(module, f"{name}Go")(client)
    for method in methods(protocol):
        function = getattr(protocol, method)
        args, kwargs = given(function)
        called, _ = getattr(stub, method)(*args, **kwargs)
        sent = inspect.signature(function).bind(None, *args, **kwargs).arguments
        assert received(function, called) == (method, sent)


def test_go_hands_over_the_queue(service: tuple[ModuleType, str, Loopback]) -> None:
    module, name, client = service
    protocol, stub = getattr(module, name), getattr(module, f"{name}Go")(client)
    for method in methods(protocol):
        function = getattr(protocol, method)
        args, kwargs = given(function)
        queue = object()
        added = inspect.signature(getattr(stub, method)).parameters.values()
        keywords = {each.name for each in added if each.kind is each.KEYWORD_ONLY}
        (done,) = keywords - set(inspect.signature(function).parameters)
        _, handed_over = getattr(stub, method)(*args, **kwargs, **{done: queue})
        assert handed_over is queue


@pytest.mark.parametrize("stub", ["Client", "Go"])
def test_options_of_a_call_are_handed_over(
    service: tuple[ModuleType, str, Loopback], stub: str
) -> None:
    module, name, client = service
    protocol, caller = getattr(module, name), getattr(module, f"{name}{stub}")(client)
    for method in methods(protocol):
        function = getattr(protocol, method)
        args, kwargs = given(function)
        free = OPTION_NAMES - set(inspect.signature(function).parameters)
        options = {option: object() for option in free}
        getattr(caller, method)(*args, **kwargs, **options)
        assert client.options == options


def test_with_options_hands_over_what_a_parameter_leaves_no_room_for() -> None:
    client = Loopback()
    store = generated("calls")
    store.register_store(client, Recorder())
    store.StoreClient(client).with_options_(timeout=1.0, key="k").wait("name", 2.5)
    assert client.options == {"timeout": 1.0, "key": "k"}


@pytest.mark.parametrize("prefix", ["", "Async"])
def test_clients_have_every_method_of_the_service(
    service: tuple[ModuleType, str, Loopback], prefix: str
) -> None:
    module, name, _ = service
    client = getattr(module, f"{prefix}{name}Client")
    wanted = methods(getattr(module, name))
    assert [each for each in wanted if each not in vars(client)] == []


def test_an_implementation_that_lacks_a_method_fails_at_its_definition(
    service: tuple[ModuleType, str, Loopback],
) -> None:
    module, name, _ = service
    with pytest.raises(TypeError, match="lacks methods"):
        type("Incomplete", (getattr(module, f"{name}Service"),), {})
