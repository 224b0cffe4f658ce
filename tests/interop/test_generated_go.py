"""Go that ``rpcgen to-go`` generates, against Python and against stock Go, both ways."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

import rpcgen
from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args
from rpcgen import (
    CallCancelledError,
    Code,
    DeadlineExceededError,
    Method,
    Registry,
    ServerError,
)
from rpcgen.gen.describe import describe_idls
from rpcgen.gen.golang.write import write_go
from rpcgen.protocol import CodecName
from tests import golang
from tests.support.apis import Api, ApiClient
from tests.support.errors import error_of
from tests.support.timeouts import PROGRAM_TIMEOUT_S, TIMEOUT_S

from .generated.life import (
    BusyError,
    Circle,
    Everything,
    Level,
    NotFoundError,
    OfGob,
    Pair,
    Square,
    Token,
)
from .gopeer import GoClient, GoPeer, GoServer

IDL = Path(__file__).parent / "generated" / "life.py"
# Time limit in seconds of a call that certainly begins within that.
DEADLINE_S = 3.0

OLD_GO = Path("/usr/lib/go-1.19/bin/go")

GET = Method[str, list[str]]("Life.Get", raises=[(NotFoundError, "no such key: {key}"), BusyError])
TAG = Method[str, str]("Life.Tag")
LEFT = Method[None, int]("Life.Left")
HOLD = Method[str, str]("Life.Hold")
HELD = Method[str, bool]("Life.Held")
END_OF = Method[str, str]("Life.EndOf")
FAIL = Method[int, None]("Life.Fail")
ECHO = Method[Everything, Everything]("Life.Echo")
ECHO_OF_GOB = Method[OfGob, OfGob]("Life.EchoOfGob")
SHAPE = Method[Circle | Square, Circle | Square]("Life.Shape")
PING = Method[None, None]("Life.Ping")


@define
class PairArgs:
    a: int
    b: str = "x"


@define
class OnlyArgs:
    number: int


PAIR = Method[PairArgs, Pair]("Life.Pair")
ONLY = Method[OnlyArgs, int]("Life.Only")

EVERYTHING = Everything(
    truth=True,
    small=-7,
    octet=200,
    large=(1 << 64) - 1,
    single=1.5,
    guid="g",
    octets=b"\xff\x00",
    words=["ä", ""],
    three=[1, 2, 3],
    ages={"a": 1},
    names={"n"},
    inner=Pair(1, "b"),
    many=[Pair(2, "c")],
    level=Level.SOME_MORE,
    at=datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC),
    took=timedelta(seconds=1),
    big=1 << 80,
    ident=uuid.UUID(int=7),
)

rpcgen.register_types(Circle, Square)

_numbers = itertools.count()


@pytest.fixture(params=["gob", "json"])
def codec(request: pytest.FixtureRequest) -> CodecName:
    found: CodecName = request.param
    return found


@pytest.fixture
def name() -> str:
    """Return the name of a call, another for every test."""
    return f"call {next(_numbers)}"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the generated Go, and the program that uses it."""
    folder = tmp_path_factory.mktemp("life")
    for file, text in write_go(describe_idls([str(IDL)]), "main", "life.py").items():
        (folder / file).write_text(text)
    shutil.copy(IDL.with_name("program.go"), folder)
    return folder


@pytest.fixture(scope="module")
def program(sources: Path) -> Path:
    return golang.build(sources)


class LifeServer(GoPeer):
    """The program as a server. ``addresses``: where it is, by the codec."""

    def __init__(self, program: Path) -> None:
        super().__init__("serve", program=program)
        self.addresses: dict[str, str] = self._receive()


class LifeClient(GoPeer):
    """The program as a client. Each method is a command of ``generated/program.go``."""

    def __init__(self, program: Path, address: str, protocol: str) -> None:
        super().__init__("call", program=program)
        self.do("dial", address=address.split("://")[-1], protocol=protocol)

    def do(self, op: str, **details: object) -> Any:
        self._send({"op": op, **details})
        return self._receive()

    def call(self, method: str, args: object = None, **details: object) -> Any:
        """Call a method and wait for its end."""
        return self.do("call", method=method, args=args, **details)

    def go(self, name: str, method: str, args: object = None, **details: object) -> None:
        """Start a call."""
        self.do("go", name=name, method=method, args=args, **details)


@pytest.fixture(scope="module")
def life(program: Path) -> Iterator[LifeServer]:
    """A server of generated Go, shared by all tests that do it no harm."""
    with LifeServer(program) as server:
        yield server


@pytest.fixture
def client(api: Api, codec: CodecName, life: LifeServer) -> Iterator[ApiClient]:
    """A Python client of the server of generated Go."""
    with api.dial(life.addresses[codec], codec=codec) as client:
        yield client


# --- Python calls generated Go --------------------------------------------------------------------


def test_values_come_back_as_they_went(client: ApiClient) -> None:
    assert client.call(ECHO, EVERYTHING) == EVERYTHING
    assert client.call(ECHO, Everything()) == Everything()


def test_values_that_gob_alone_knows_come_back(api: Api, life: LifeServer) -> None:
    value = OfGob(Square(1.0), Circle(2.0), Token("t"), 1 + 2j)
    with api.dial(life.addresses["gob"]) as client:
        assert client.call(ECHO_OF_GOB, value) == value
        assert client.call(SHAPE, Circle(3.0)) == Square(3.0)


def test_parameters_travel_as_they_do_between_python_peers(client: ApiClient) -> None:
    assert client.call(PAIR, PairArgs(1, "y")) == Pair(1, "y")
    assert client.call(ONLY, OnlyArgs(5)) == 5
    assert client.call(PING, None) is None


def test_metadata_travels_both_ways(client: ApiClient) -> None:
    call = client.go(TAG, "tenant", metadata={"tenant": "ä"})
    assert call.result() == "ä"
    assert call.metadata == {"seen": "ä"}


def test_metadata_beyond_512_bytes_travels_once_both_have_said_so(client: ApiClient) -> None:
    large = "x" * 2000
    client.call(TAG, "tenant", metadata={"tenant": "a"}, timeout=TIMEOUT_S)
    call = client.go(TAG, "tenant", metadata={"tenant": large})
    assert call.result() == large
    assert call.metadata == {"seen": large}


def test_deadline_travels(client: ApiClient) -> None:
    assert client.call(LEFT, None) == -1
    assert 0 < client.call(LEFT, None, timeout=TIMEOUT_S) <= TIMEOUT_S * 1000


def test_deadline_ends_the_call(client: ApiClient, name: str) -> None:
    error = error_of(lambda: client.call(HOLD, name, timeout=0.05))
    assert error.code is Code.DEADLINE_EXCEEDED


def test_deadline_ends_the_context(life: LifeServer, codec: CodecName, name: str) -> None:
    with rpcgen.dial(life.addresses[codec], codec=codec) as client:
        call = client.go(HOLD, name, timeout=DEADLINE_S)
        client.call(HELD, name)
        with pytest.raises(DeadlineExceededError):
            call.result()
        assert client.call(END_OF, name) in ("deadline", "cancelled")


def test_cancel_ends_the_context(client: ApiClient, name: str) -> None:
    call = client.go(HOLD, name)
    client.call(HELD, name)
    call.cancel()
    assert client.call(END_OF, name) == "cancelled"
    with pytest.raises(CallCancelledError):
        call.result()


def test_second_cancel_is_sent_too(client: ApiClient, name: str) -> None:
    for suffix in ("a", "b"):
        call = client.go(HOLD, name + suffix)
        client.call(HELD, name + suffix)
        call.cancel()
        assert client.call(END_OF, name + suffix) == "cancelled"


def test_end_of_the_connection_ends_the_context(
    api: Api, codec: CodecName, life: LifeServer, client: ApiClient, name: str
) -> None:
    with api.dial(life.addresses[codec], codec=codec) as other:
        other.go(HOLD, name)
        client.call(HELD, name)
    assert client.call(END_OF, name) == "cancelled"


def test_declared_exception_arrives_as_its_class(client: ApiClient) -> None:
    error = error_of(lambda: client.call(GET, "none"))
    assert isinstance(error, NotFoundError)
    assert (error.key, error.at, error.code) == ("none", 3, Code.NOT_FOUND)
    assert type(error_of(lambda: client.call(GET, "busy"))) is BusyError
    assert client.call(GET, "k") == ["a", "b"]


def test_code_and_metadata_of_an_error_arrive(client: ApiClient) -> None:
    error = error_of(lambda: client.call(FAIL, int(Code.ABORTED)))
    assert isinstance(error, ServerError)
    assert (str(error), error.code, error.metadata) == ("coded", Code.ABORTED, {"why": "because"})


def test_plain_error_has_no_code(client: ApiClient) -> None:
    error = error_of(lambda: client.call(FAIL, 0))
    assert (str(error), error.code) == ("plain", Code.UNKNOWN)


def test_argument_that_does_not_fit_fails_its_call_alone(client: ApiClient) -> None:
    with pytest.raises(ServerError):
        client.call(Method[str, int]("Life.Fail"), "text")
    assert client.call(PAIR, PairArgs(1)) == Pair(1, "x")


def test_many_calls_side_by_side_keep_their_metadata(client: ApiClient) -> None:
    calls = [client.go(TAG, "n", metadata={"n": str(number)}) for number in range(200)]
    assert [call.result() for call in calls] == [str(number) for number in range(200)]
    assert [call.metadata["seen"] for call in calls] == [str(number) for number in range(200)]


@pytest.mark.parametrize("place", ["stock_gob", "stock_json"])
def test_codec_of_net_rpc_serves_the_same_without_contexts(
    api: Api, life: LifeServer, place: str, name: str
) -> None:
    codec: CodecName = "json" if place == "stock_json" else "gob"
    with api.dial(life.addresses[place], codec=codec) as client:
        assert client.call(TAG, "tenant", metadata={"tenant": "a"}) == ""
        assert client.call(LEFT, None, timeout=TIMEOUT_S) == -1
        assert client.call(PING, None) is None
        error = error_of(lambda: client.call(GET, "none"))
        assert isinstance(error, NotFoundError)  # by its text
        assert error.key == "none"
        assert client.call(ECHO, EVERYTHING) == EVERYTHING


# --- stock Go calls generated Go ------------------------------------------------------------------


def test_stock_client_calls_generated_go(
    codec: CodecName, arith_server: str, go_clients: Callable[..., GoClient]
) -> None:
    client = go_clients(arith_server, "tcp", codec)
    assert client.call("Arith.Multiply", {"A": 7, "B": 8}).reply == 56
    assert client.call("Arith.Divide", {"A": 1, "B": 0}).error == "divide by zero"
    assert client.flood(500).reply == 500


ARITH_PROGRAM = """\
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/rpc"
	"os"
	"time"
)

type arith struct{}

func (arith) Multiply(ctx context.Context, args Args) (int, error) { return args.A * args.B, nil }

func (arith) Divide(ctx context.Context, args Args) (Quotient, error) {
	if args.B == 0 {
		return Quotient{}, errors.New("divide by zero")
	}
	return Quotient{args.A / args.B, args.A % args.B}, nil
}

func main() {
	if os.Args[1] == "serve" {
		listener, _ := net.Listen("tcp", "127.0.0.1:0")
		server := rpc.NewServer()
		if err := RegisterArith(server, arith{}); err != nil {
			panic(err)
		}
		accept := Accept
		if os.Args[2] == "json" {
			accept = AcceptJSON
		}
		go accept(server, listener)
		fmt.Printf("%q\\n", listener.Addr())
		io.Copy(io.Discard, os.Stdin)
		return
	}
	dial := Dial
	if os.Args[2] == "json" {
		dial = DialJSON
	}
	conn, err := dial("tcp", os.Args[3])
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ctx = WithMetadata(ctx, map[string]string{"tenant": "a"})
	client := NewArithClient(conn)
	product, err := client.Multiply(ctx, Args{7, 8})
	fmt.Println(product, err)
	quotient, err := client.Divide(ctx, Args{17, 8})
	fmt.Println(quotient, err)
	_, err = client.Divide(ctx, Args{1, 0})
	var coded *Error
	fmt.Println(err, errors.As(err, &coded) && coded.Code == CodeUnknown)
}
"""


@pytest.fixture(scope="module")
def arith_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small program on the Go of ``idl/arith.py``."""
    folder = tmp_path_factory.mktemp("arith")
    idl = Path(__file__).parents[2] / "idl" / "arith.py"
    for file, text in write_go(describe_idls([str(idl)]), "main", "arith.py").items():
        (folder / file).write_text(text)
    (folder / "program.go").write_text(ARITH_PROGRAM)
    return folder


@pytest.fixture(scope="module")
def arith_program(arith_sources: Path) -> Path:
    return golang.build(arith_sources)


@pytest.fixture
def arith_server(arith_program: Path, codec: CodecName) -> Iterator[str]:
    yield from serving(arith_program, codec)


def serving(program: Path, codec: str) -> Iterator[str]:
    """Yield the address of a program that serves ``Arith``."""
    command = [str(program), "serve", codec]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip().strip('"')
        process.stdin.close()


def called(program: Path, codec: str, address: str) -> list[str]:
    """Return what a program prints that calls ``Arith``."""
    done = subprocess.run(
        [program, "call", codec, address.split("://")[-1]],
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=True,
    )
    return done.stdout.splitlines()


CALLED = ["56 <nil>", "{2 1} <nil>", "divide by zero true"]


def test_generated_go_calls_stock_go(
    arith_program: Path, codec: CodecName, go_server: GoServer
) -> None:
    address = go_server.tcp if codec == "gob" else go_server.json
    assert called(arith_program, codec, address) == CALLED


def test_generated_go_calls_generated_go(
    arith_program: Path, arith_server: str, codec: CodecName
) -> None:
    assert called(arith_program, codec, arith_server) == CALLED


@pytest.mark.slow
@pytest.mark.skipif(not OLD_GO.exists(), reason="Go 1.19 is not there")
def test_generated_go_runs_with_go_1_19(
    arith_sources: Path, codec: CodecName, tmp_path: Path, go_server: GoServer
) -> None:
    old = tmp_path / "old"
    files = sorted(each.name for each in arith_sources.glob("*.go"))
    environment = {**golang.environment(), "GOFLAGS": ""}
    for command in (["vet"], ["build", "-o", str(old)]):
        subprocess.run(
            [OLD_GO, *command, *files], cwd=arith_sources, env=environment, check=True, timeout=300
        )
    assert called(old, codec, go_server.tcp if codec == "gob" else go_server.json) == CALLED
    for address in serving(old, codec):
        with rpcgen.dial(address, codec=codec) as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8), timeout=TIMEOUT_S) == 56
            with pytest.raises(ServerError, match="divide by zero"):
                client.call(ARITH_DIVIDE, Args(1, 0))


# --- generated Go calls Python --------------------------------------------------------------------


@define
class PythonLife:
    """Answers as the Go program does."""

    ended: dict[str, str] = field(factory=dict)
    begun: set[str] = field(factory=set)
    changed: threading.Condition = field(factory=threading.Condition)

    def get(self, key: str) -> list[str]:
        if key == "k":
            return ["a", "b"]
        raise BusyError() if key == "busy" else NotFoundError(key, 3)

    def tag(self, name: str) -> str:
        value = rpcgen.context().metadata.get(name, "")
        rpcgen.context().reply_metadata["seen"] = value
        return value

    def left(self, _: None) -> int:
        remaining = rpcgen.context().remaining
        return -1 if remaining is None else int(remaining * 1000)

    def hold(self, name: str) -> str:
        self._note(lambda: self.begun.add(name))
        context = rpcgen.context()
        context.wait_cancelled(TIMEOUT_S)
        how = "deadline" if context.reason is Code.DEADLINE_EXCEEDED else "cancelled"
        self._note(lambda: self.ended.update({name: how}))
        raise ServerError("nobody waits", code=context.reason)

    def held(self, name: str) -> bool:
        return self._wait(lambda: name in self.begun)

    def end_of(self, name: str) -> str:
        self._wait(lambda: name in self.ended)
        return self.ended[name]

    def fail(self, code: int) -> None:
        if not code:
            raise ServerError("plain")
        raise ServerError("coded", code=Code(code), metadata={"why": "because"})

    def shape(self, value: Circle | Square) -> Circle | Square:
        return Square(value.radius) if isinstance(value, Circle) else value

    def pair(self, args: PairArgs) -> Pair:
        return Pair(args.a, args.b)

    def _note(self, change: Callable[[], object]) -> None:
        with self.changed:
            change()
            self.changed.notify_all()

    def _wait(self, until: Callable[[], bool]) -> bool:
        with self.changed:
            return self.changed.wait_for(until, TIMEOUT_S)

    def register(self, server: Registry) -> None:
        server.register_name(
            "Life",
            [
                GET.handler(self.get),
                TAG.handler(self.tag),
                LEFT.handler(self.left),
                HOLD.handler(self.hold),
                HELD.handler(self.held),
                END_OF.handler(self.end_of),
                FAIL.handler(self.fail),
                ECHO.handler(lambda value: value),
                SHAPE.handler(self.shape),
                PAIR.handler(self.pair),
                ONLY.handler(lambda args: args.number),
                PING.handler(lambda _: None),
            ],
        )


@pytest.fixture
def python_life(api: Api, codec: CodecName) -> Iterator[str]:
    """The address of a Python server."""
    with api.serve("tcp://127.0.0.1:0", PythonLife().register, codec=codec) as address:
        yield address


@pytest.fixture
def go(program: Path, codec: CodecName, python_life: str) -> Iterator[LifeClient]:
    """A generated client in Go, of the Python server."""
    with LifeClient(program, python_life, codec) as client:
        yield client


def test_client_of_go_gets_replies(go: LifeClient) -> None:
    assert go.call("Get", "k")["reply"] == ["a", "b"]
    assert go.call("Pair", {"A": 1, "B": "y"})["reply"] == {"A": 1, "B": "y"}
    assert go.call("Only", 5)["reply"] == 5
    assert go.call("Ping")["error"] == ""


def test_client_of_go_gets_values_back_as_they_went(go: LifeClient) -> None:
    value = {
        "Truth": True,
        "Small": -7,
        "Large": 1 << 40,
        "id": "g",
        "Octets": "/wA=",
        "Words": ["ä", ""],
        "Three": [1, 2, 3],
        "Ages": {"a": 1},
        "Names": {"n": True},
        "Inner": {"A": 1, "B": "b"},
        "Many": [{"A": 2, "B": "c"}],
        "Level": 7,
        "At": "2026-01-02T03:04:05.0006Z",
        "Took": 1_000_000_000,
        "Big": 1 << 80,
        "Ident": "00000000-0000-0000-0000-000000000007",
    }
    reply = go.call("Echo", value)["reply"]
    assert reply == {**reply, **value}


def test_client_of_go_sends_and_gets_metadata(go: LifeClient) -> None:
    answer = go.call("Tag", "tenant", metadata={"tenant": "ä"})
    assert (answer["reply"], answer["metadata"]) == ("ä", {"seen": "ä"})


def test_client_of_go_refuses_metadata_that_the_server_may_not_take(go: LifeClient) -> None:
    large = {"tenant": "x" * 2000}
    assert "too large for a server" in go.call("Tag", "tenant", metadata=large)["error"]
    go.call("Tag", "tenant", metadata={"tenant": "a"})  # by which they tell what they take
    assert go.call("Tag", "tenant", metadata=large)["reply"] == large["tenant"]


def test_client_of_go_sends_its_deadline(go: LifeClient) -> None:
    assert go.call("Left")["reply"] == -1
    assert 0 < go.call("Left", timeout_ms=int(TIMEOUT_S * 1000))["reply"] <= TIMEOUT_S * 1000


def test_client_of_go_gives_up_at_its_deadline(go: LifeClient, name: str) -> None:
    assert go.call("Hold", name, timeout_ms=50)["kind"] == "deadline"


def test_deadline_of_go_ends_the_context(program: Path, codec: CodecName, name: str) -> None:
    server = rpcgen.Server()
    PythonLife().register(server)
    address = server.listen("tcp://127.0.0.1:0", codec).address
    with server, LifeClient(program, address, codec) as go:
        go.go(name, "Hold", name, timeout_ms=int(DEADLINE_S * 1000))
        assert go.call("Held", name)["reply"] is True
        assert go.do("done", name=name)["kind"] == "deadline"
        assert go.call("EndOf", name)["reply"] in ("deadline", "cancelled")


def test_client_of_go_sends_nothing_after_its_deadline(go: LifeClient) -> None:
    assert go.call("Ping", timeout_ms=-1)["kind"] == "deadline"
    assert go.call("Ping")["error"] == ""


def test_client_of_go_cancels(go: LifeClient, name: str) -> None:
    go.go(name, "Hold", name)
    assert go.call("Held", name)["reply"] is True
    go.do("cancel", name=name)
    assert go.do("done", name=name)["kind"] == "cancelled"
    assert go.call("EndOf", name)["reply"] == "cancelled"


def test_client_of_go_cancels_again_and_again(go: LifeClient, name: str) -> None:
    assert go.do("burst", name=name, count=20)["reply"] == 20


def test_client_of_go_knows_declared_exceptions(go: LifeClient) -> None:
    answer = go.call("Get", "none")
    assert (answer["kind"], answer["cause"]) == ("NotFoundError", {"Key": "none", "At": 3})
    assert (answer["error"], answer["code"]) == ("no such key: none", Code.NOT_FOUND)
    assert go.call("Get", "busy")["kind"] == "BusyError"


def test_client_of_go_knows_codes_and_metadata_of_errors(go: LifeClient) -> None:
    answer = go.call("Fail", int(Code.ABORTED))
    assert (answer["error"], answer["code"], answer["kind"]) == ("coded", Code.ABORTED, "server")
    assert answer["metadata"] == {"why": "because"}
    assert go.call("Fail", 0)["code"] == Code.UNKNOWN


def test_client_of_go_fails_once_it_is_closed(go: LifeClient) -> None:
    assert go.do("close")["error"] == ""
    assert go.call("Ping")["kind"] == "shutdown"


def test_value_that_go_cannot_encode_fails_its_call(program: Path, life: LifeServer) -> None:
    with LifeClient(program, life.addresses["gob"], "gob") as go:
        assert "type not registered for interface" in go.call("Unregistered")["error"]
        assert go.call("Ping")["kind"] in ("shutdown", "other")  # half of a request was written


def test_client_of_go_gets_messages_of_a_union(program: Path, api: Api) -> None:
    with ExitStack() as stack:
        address = stack.enter_context(api.serve("tcp://127.0.0.1:0", PythonLife().register))
        go = stack.enter_context(LifeClient(program, address, "gob"))
        assert go.call("Shape", {"Radius": 2.5})["reply"] == {"Side": 2.5}


# --- generated Go calls generated Go --------------------------------------------------------------


@pytest.fixture
def both(program: Path, codec: CodecName, life: LifeServer) -> Iterator[LifeClient]:
    """A generated client in Go, of the server of generated Go."""
    with LifeClient(program, life.addresses[codec], codec) as client:
        yield client


def test_generated_sides_have_everything_between_them(both: LifeClient, name: str) -> None:
    assert both.call("Get", "none")["cause"] == {"Key": "none", "At": 3}
    assert both.call("Fail", int(Code.ABORTED))["metadata"] == {"why": "because"}
    answer = both.call("Tag", "tenant", metadata={"tenant": "a"})
    assert (answer["reply"], answer["metadata"]) == ("a", {"seen": "a"})
    assert 0 < both.call("Left", timeout_ms=60_000)["reply"] <= 60_000
    assert both.do("burst", name=name, count=20)["reply"] == 20
    assert both.call("Hold", f"{name} late", timeout_ms=50)["kind"] == "deadline"


def test_generated_client_does_without_contexts_at_a_stock_codec(
    program: Path, codec: CodecName, life: LifeServer, name: str
) -> None:
    with LifeClient(program, life.addresses[f"stock_{codec}"], codec) as go:
        assert go.call("Tag", "tenant", metadata={"tenant": "a"})["reply"] == ""
        assert go.call("Left", timeout_ms=60_000)["reply"] == -1
        answer = go.call("Get", "none")  # of which there is the text alone
        assert (answer["kind"], answer["cause"]) == ("NotFoundError", {"Key": "none", "At": 0})
        assert (answer["error"], answer["code"]) == ("no such key: none", Code.NOT_FOUND)
        assert go.call("Hold", name, timeout_ms=50)["kind"] == "deadline"
        assert go.call("Ping")["error"] == ""


# --- what Go's own tools say ----------------------------------------------------------------------


def test_generated_go_is_formatted_and_vetted(sources: Path) -> None:
    gofmt = golang.go_root() / "bin" / "gofmt"
    told = subprocess.run([gofmt, "-l", "."], cwd=sources, capture_output=True, check=True)
    assert told.stdout == b""
    golang.run_go("vet", *sorted(each.name for each in sources.glob("*.go")), cwd=sources)
