"""Tests of `rpcgen.cli.list`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import rpcgen
from generated.arith import Args, ArithClient, register_arith
from generated.kvstore import register_kv_store
from rpcgen import Method, ServerError, cli
from rpcgen.cli.failures import FAILED, UNREACHABLE
from tests.interop.gopeer import GoServer
from tests.support.life import REJECT
from tests.support.services import Calculator, MemoryStore

Captured = pytest.CaptureFixture[str]


def listed(captured: Captured, *arguments: str) -> str:
    """Run ``rpcgen list``, which goes well, and return what it writes."""
    status = cli.main(["list", *arguments])
    out, err = captured.readouterr()
    assert (status, err) == (0, "")
    return out


def failed(captured: Captured, *arguments: str) -> tuple[int, str]:
    """Run ``rpcgen list``, which does not go well; return the status, and what it says."""
    status = cli.main(["list", *arguments])
    out, err = captured.readouterr()
    assert out == ""
    return status, err


def reject(_: int) -> str:
    raise ServerError("no")


@pytest.fixture
def server() -> Iterator[rpcgen.Server]:
    with rpcgen.Server(reflection=True) as server:
        register_arith(server, Calculator())
        server.register_name("Life", [REJECT.handler(reject)])
        yield server


@pytest.fixture
def address(server: rpcgen.Server) -> str:
    return server.listen("127.0.0.1:0").address


def test_services_have_a_line_for_each_method(capsys: Captured, address: str) -> None:
    assert listed(capsys, address) == (
        "Arith  The arithmetic service of Go's net/rpc documentation.\n"
        "  Multiply(arith.Args) int           Return the product of a and b.\n"
        "  Divide(arith.Args) arith.Quotient  Return the quotient and the remainder of a and b.\n"
        "\n"
        "Life\n"
        "  Reject(int) string\n"
    )


def test_method_is_shown_with_what_may_be_done_with_it(
    capsys: Captured, server: rpcgen.Server, address: str
) -> None:
    charge = Method[int, int]("Bank.Charge", idempotent=True, durable=True, timeout=2.0)
    server.register_name("Bank", [charge.handler(lambda number: number)])
    assert listed(capsys, address, "Bank") == (
        "Bank\n\n  Charge(int) int\n      (may be repeated; durable; takes at most 2 s)\n"
    )
    (service,) = json.loads(listed(capsys, "--json", address, "Bank"))["services"]
    assert service["methods"][0]["durable"] is True


def test_service_is_shown_with_its_types(capsys: Captured, address: str) -> None:
    assert listed(capsys, address, "Arith") == (
        "Arith\n"
        "  The arithmetic service of Go's net/rpc documentation.\n"
        "\n"
        "  Multiply(arith.Args) int\n"
        "      Return the product of a and b.\n"
        "\n"
        "  Divide(arith.Args) arith.Quotient\n"
        "      Return the quotient and the remainder of a and b.\n"
        "\n"
        '      A ``b`` of 0 is answered with the error "divide by zero".\n'
        "\n"
        "arith.Args struct\n"
        "  Two numbers.\n"
        "  A  int\n"
        "  B  int\n"
        "\n"
        "arith.Quotient struct\n"
        "  What a division gives: ``quo * b + rem == a``.\n"
        "  Quo  int\n"
        "  Rem  int\n"
    )


def test_declared_exceptions_are_named(capsys: Captured, address: str) -> None:
    out = listed(capsys, address, "Life")
    assert "      (raises life.RejectedError (UNKNOWN))\n" in out
    assert "life.RejectedError struct\n" in out


def test_members_and_defaults_are_shown(capsys: Captured, server: rpcgen.Server) -> None:
    register_kv_store(server, MemoryStore())
    out = listed(capsys, server.listen("127.0.0.1:0").address, "KVStore")
    assert "kvstore.Durability int\n" in out
    assert "  MEMORY = 0\n" in out


def test_page_adds_the_counts(capsys: Captured, server: rpcgen.Server) -> None:
    server.handle_http()
    address = server.listen("http://127.0.0.1:0").address
    with ArithClient.dial(address) as arith:
        arith.multiply(Args(7, 8))
        for _ in range(2):
            with pytest.raises(ServerError):
                arith.divide(Args(1, 0))
    out = listed(capsys, address).splitlines()
    assert out[1].startswith("  Multiply(arith.Args) int           1 call             Return")
    assert out[2].startswith("  Divide(arith.Args) arith.Quotient  2 calls, 2 failed  Return")


def test_json_has_everything(capsys: Captured, address: str) -> None:
    found = json.loads(listed(capsys, address, "--json"))
    arith = found["services"][0]
    assert (arith["name"], arith["methods"][0]["name"]) == ("Arith", "Multiply")
    assert arith["methods"][0]["request"] == "arith.Args"
    assert arith["methods"][0]["calls"] is None
    assert found["types"][0]["fields"][0] == {"name": "A", "type": "int", "default": ""}


def test_service_that_is_not_there_has_its_neighbours_named(capsys: Captured, address: str) -> None:
    assert failed(capsys, address, "Arit") == (
        FAILED,
        "rpcgen: error: there is no service Arit\n    hint: did you mean Arith\n",
    )


def test_server_that_says_nothing_is_explained(capsys: Captured) -> None:
    with rpcgen.Server() as server:
        register_arith(server, Calculator())
        status, err = failed(capsys, server.listen("127.0.0.1:0").address)
    assert (status, "does not say what it serves" in err) == (FAILED, True)
    assert "hint: it needs Server(reflection=True), or a debug page" in err


def test_server_of_nothing_says_so(capsys: Captured) -> None:
    with rpcgen.Server(reflection=True) as server:
        address = server.listen("127.0.0.1:0").address
        assert listed(capsys, address) == "the server serves nothing\n"


def test_http_server_without_a_page_is_explained(capsys: Captured) -> None:
    with rpcgen.Server() as server:
        register_arith(server, Calculator())
        status, err = failed(capsys, server.listen("http://127.0.0.1:0").address)
    assert (status, "has no debug page: 404" in err) == (UNREACHABLE, True)


def test_server_that_is_not_there_is_unreachable(capsys: Captured) -> None:
    status, err = failed(capsys, "127.0.0.1:1")
    assert (status, "hint: nothing listens there" in err) == (UNREACHABLE, True)


def test_text_of_a_stranger_does_not_reach_the_terminal(capsys: Captured) -> None:
    with rpcgen.Server(reflection=True) as server:
        method = Method[int, int]("X\x1b[2J.A")
        server.register_name("X\x1b[2J", [method.handler(lambda number: number)])
        out = listed(capsys, server.listen("127.0.0.1:0").address)
    assert out.startswith("X\\x1b[2J\n")


@pytest.mark.go
def test_stock_go_is_listed_from_its_page(capsys: Captured) -> None:
    with GoServer() as go:
        page = f"http://{go.http}"
        assert cli.main(["call", page, "Arith.Multiply", '{"A": 7, "B": 8}']) == 0
        capsys.readouterr()
        lines = listed(capsys, page).splitlines()
        assert lines[:3] == [
            "Arith",
            "  Divide(main.Args) main.Quotient  0 calls",
            "  Multiply(main.Args) int          1 call",
        ]
        assert "  GetMany([]string) map[string]main.Entry  0 calls" in lines
        arith = listed(capsys, page, "Arith")
        assert listed(capsys, go.tcp, "Arith", "--page", page) == arith
        assert "  Multiply(main.Args) int\n      (1 call)\n" in arith
        status, err = failed(capsys, page, "Arithm")
        assert (status, "hint: there are Arith, KVStore" in err) == (FAILED, True)
