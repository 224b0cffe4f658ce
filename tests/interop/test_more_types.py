"""Services of any name, and types that Python has more of than Go: against stock Go, both ways.

The code is generated here, from an IDL of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest

from rpcgen import Server as SyncServer
from rpcgen import ServerError, aio
from rpcgen.gen import generate, write
from rpcgen.gen.load import isolated_imports
from tests import golang

IDL = """
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Generic, Literal, Protocol, TypeVar

from attrs import define, frozen
from rpcgen.types import interface, struct_args, wire

T = TypeVar("T")


@frozen
class User:
    name: str


@wire("more.Circle")
@dataclass
class Circle:
    radius: float


@define
class Page(Generic[T]):
    items: list[T]
    next: T | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    level: Literal["low", "high"]
    tags: frozenset[str] = frozenset()
    limits: Mapping[str, int] = field(default_factory=dict[str, int])
    page: Page[User]


@define
class Drawing:
    shapes: list[Annotated[Circle, interface]]


@wire("app-visor")
class Visor(Protocol):
    def uptime(self) -> float: ...

    def find(self, filter: Filter) -> Filter: ...

    def draw(self, drawing: Drawing) -> Drawing: ...

    @struct_args
    def one(self, name: str) -> str: ...
"""

Codec = Literal["gob", "json"]

NAMES = ["app-visor", "v1", "plugin", "with.dots", "ünïcode", "with space"]


@pytest.fixture(scope="module")
def visor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Return the generated module."""
    folder = tmp_path_factory.mktemp("more")
    (folder / "more_idl.py").write_text(IDL)
    write(generate([str(folder / "more_idl.py")], folder / "more_generated").files)
    with isolated_imports(folder):
        yield importlib.import_module("more_generated.more_idl")


@pytest.fixture(scope="module")
def program() -> Path:
    return golang.build(Path(__file__).with_name("more"))


@pytest.fixture(params=["gob", "json"])
def codec(request: pytest.FixtureRequest) -> Codec:
    found: Codec = request.param
    return found


@pytest.fixture
def go_address(program: Path, codec: Codec) -> Iterator[str]:
    """Serve in Go, under every name."""
    command = [program, "serve", codec, *NAMES]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


class Implementation:
    """What the server of Go does, in Python."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def uptime(self) -> float:
        return 1.5

    def find(self, filter: Any) -> Any:
        return self.module.Filter(
            level=filter.level,
            tags=filter.tags | {"py"},
            limits=filter.limits,
            page=self.module.Page([*filter.page.items, self.module.User("py")], filter.page.next),
        )

    def draw(self, drawing: Any) -> Any:
        return drawing

    def one(self, name: str) -> str:
        return f"py {name}"


class AsyncImplementation(Implementation):
    """The same for asyncio."""

    async def uptime(self) -> float:  # type: ignore[override]
        return super().uptime()

    async def find(self, filter: Any) -> Any:
        return super().find(filter)

    async def draw(self, drawing: Any) -> Any:
        return super().draw(drawing)

    async def one(self, name: str) -> str:  # type: ignore[override]
        return super().one(name)


def sent(module: ModuleType) -> Any:
    user = module.User("u")
    return module.Filter(
        level="low", tags=frozenset({"t"}), limits={"n": 1}, page=module.Page([user], user)
    )


def received(module: ModuleType, by: str) -> Any:
    user = module.User("u")
    return module.Filter(
        level="low",
        tags=frozenset({"t", by}),
        limits={"n": 1},
        page=module.Page([user, module.User(by)], user),
    )


@pytest.mark.parametrize("name", NAMES)
def test_go_serves_python_under_any_name(
    visor: ModuleType, go_address: str, codec: Codec, name: str
) -> None:
    with visor.VisorClient.dial(go_address, codec=codec, service=name) as client:
        assert client.uptime() == 1.5
        assert client.one("x") == "go x"
        assert client.go.one("y").result(timeout=30.0) == "go y"
        assert client.find(sent(visor)) == received(visor, "go")
        if codec == "gob":
            drawing = visor.Drawing([visor.Circle(2.0)])
            assert client.draw(drawing) == drawing


@pytest.mark.parametrize("name", NAMES)
def test_go_serves_python_on_asyncio_under_any_name(
    visor: ModuleType, go_address: str, codec: Codec, name: str
) -> None:
    async def call() -> tuple[object, ...]:
        dialled = visor.AsyncVisorClient.dial(go_address, codec=codec, service=name)
        async with dialled as client:
            call = client.go.one("y")
            return await client.uptime(), await client.find(sent(visor)), await call

    assert asyncio.run(call()) == (1.5, received(visor, "go"), "go y")


def test_go_has_no_service_of_a_name_that_it_was_not_given(
    visor: ModuleType, go_address: str, codec: Codec
) -> None:
    with visor.VisorClient.dial(go_address, codec=codec, service="v2") as client:
        with pytest.raises(ServerError, match=r"can't find service v2\.Uptime"):
            client.uptime()


def go_prints(program: Path, codec: Codec, address: str, name: str) -> list[str]:
    done = subprocess.run(
        [program, "call", codec, address, name],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def expected(codec: Codec) -> list[str]:
    return [
        "<nil> 1.5",
        "<nil> low map[py:true x:true] map[n:1] [{a} {py}] {b}",
        "true",
        *(["<nil> 2"] if codec == "gob" else []),
        "<nil> py x",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_python_serves_go_under_any_name(
    visor: ModuleType, program: Path, codec: Codec, name: str
) -> None:
    server = SyncServer()
    visor.register_visor(server, Implementation(visor), name)
    with server:
        address = server.listen("127.0.0.1:0", codec).address
        address = address.removeprefix("tcp://")
        assert go_prints(program, codec, address, name) == expected(codec)


@pytest.mark.parametrize("name", NAMES[:2])
def test_python_serves_go_on_asyncio_under_any_name(
    visor: ModuleType, program: Path, codec: Codec, name: str
) -> None:
    async def serve() -> list[str]:
        server = aio.Server()
        visor.register_async_visor(server, AsyncImplementation(visor), name=name)
        async with server:
            listener = await server.listen("127.0.0.1:0", codec)
            address = listener.address.removeprefix("tcp://")
            return await asyncio.to_thread(go_prints, program, codec, address, name)

    assert asyncio.run(serve()) == expected(codec)
