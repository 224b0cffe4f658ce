"""Tests of `rpcgen.cli.call`."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import trustme

import rpcgen
from generated.arith import register_arith
from generated.kvstore import register_kv_store
from generated.shapes import register_shapes
from rpcgen import Code, Method, SchemaError, ServerError, cli
from rpcgen.cli.failures import FAILED, UNREACHABLE, USAGE
from rpcgen.testing.certificates import server_context
from tests.interop.gopeer import GoServer
from tests.support.life import REJECT, RejectedError
from tests.support.services import Calculator, MemoryStore, Plane
from tests.support.timeouts import PROGRAM_TIMEOUT_S

ROOT = Path(__file__).parents[2]
IDL = str(ROOT / "idl" / "arith.py")
ARGS = '{"A": 7, "B": 8}'

Captured = pytest.CaptureFixture[str]


def say(captured: Captured, *arguments: str) -> tuple[int, str, str]:
    """Run ``rpcgen call``; return the status, and what it writes."""
    status = cli.main(["call", *arguments])
    return status, *captured.readouterr()


def reply(captured: Captured, *arguments: str) -> object:
    """Run ``rpcgen call``, which goes well, and return the reply."""
    status, out, err = say(captured, *arguments)
    assert (status, err) == (0, "")
    return json.loads(out)


def seen(_: str) -> dict[str, str]:
    rpcgen.context().reply_metadata["server"] = "a"
    return dict(rpcgen.context().metadata)


def reject(_: int) -> str:
    raise RejectedError("a", 2)


def fail(_: str) -> str:
    raise ServerError("who are you?", code=Code.UNAUTHENTICATED, metadata={"k": "v"})


def wait(_: str) -> str:
    rpcgen.context().wait_cancelled(60.0)
    return ""


def register(server: rpcgen.Server) -> None:
    register_arith(server, Calculator())
    register_kv_store(server, MemoryStore())
    register_shapes(server, Plane())
    methods = [
        Method[str, dict[str, str]]("Life.Seen").handler(seen),
        Method[str, str]("Life.Fail").handler(fail),
        Method[str, str]("Life.Wait").handler(wait),
        REJECT.handler(reject),
    ]
    server.register_name("Life", methods)


@pytest.fixture(scope="module")
def server() -> Iterator[rpcgen.Server]:
    """A server with reflection, at several addresses."""
    with rpcgen.Server(reflection=True) as server:
        register(server)
        yield server


@pytest.fixture(scope="module")
def address(server: rpcgen.Server) -> str:
    return server.listen("tcp://127.0.0.1:0").address


@pytest.fixture(scope="module")
def silent() -> Iterator[str]:
    """The address of a server that says nothing of its types."""
    with rpcgen.Server() as server:
        register(server)
        yield server.listen("tcp://127.0.0.1:0").address


@pytest.fixture(scope="module")
def go_server() -> Iterator[GoServer]:
    with GoServer() as server:
        yield server


@pytest.fixture
def go_page(go_server: GoServer) -> str:
    """The address of a stock Go server with its debug page."""
    return f"http://{go_server.http}"


# --- types by reflection --------------------------------------------------------------------------


def test_reply_is_printed_as_json(capsys: Captured, address: str) -> None:
    assert say(capsys, address, "Arith.Divide", '{"A": 17, "B": 8}') == (
        0,
        '{\n  "Quo": 2,\n  "Rem": 1\n}\n',
        "",
    )


def test_fields_may_be_spelled_as_in_python(capsys: Captured, address: str) -> None:
    assert reply(capsys, address, "Arith.Multiply", '{"a": 7, "b": 8}') == 56


def test_parameters_are_one_object(capsys: Captured, address: str) -> None:
    arguments = '{"key": "a", "value": "hello", "tags": {"x": "y"}, "expires_in": "1h"}'
    assert reply(capsys, address, "KVStore.Put", arguments) == 1
    entry = reply(capsys, address, "KVStore.Get", '"a"')
    assert isinstance(entry, dict)
    assert (entry["Value"], entry["Tags"]) == ("hello", {"x": "y"})
    assert entry["Expires"] == "1970-01-01T01:00:00Z"


def test_union_says_its_type(address: str) -> None:
    circle = '{"@type": "shapes.Circle", "Center": {"X": 1, "Y": 2}, "Radius": 3}'
    arguments = f'{{"shape": {circle}, "by": {{"X": 1, "Y": 1}}}}'
    # In a process of its own: in this one the names of these messages stand for other classes.
    command = [sys.executable, "-m", "rpcgen", "call", address, "Shapes.Move", arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT_S, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    moved = {"@type": "shapes.Circle", "Center": {"X": 2.0, "Y": 3.0}, "Radius": 3.0}
    assert json.loads(done.stdout) == moved


def test_method_without_parameters_needs_no_arguments(capsys: Captured, address: str) -> None:
    stats = reply(capsys, address, "KVStore.Stats")
    assert isinstance(stats, dict)
    assert stats.keys() == {"Entries", "Octets", "Children"}


def test_missing_arguments_are_explained(capsys: Captured, address: str) -> None:
    assert say(capsys, address, "Arith.Multiply") == (
        USAGE,
        "",
        """\
rpcgen: error: Arith.Multiply takes arith.Args
    hint: write it as JSON, such as '{"A": 0, "B": 0}'
""",
    )


def test_arguments_that_do_not_fit_are_refused_with_their_place(
    capsys: Captured, address: str
) -> None:
    status, _, err = say(capsys, address, "Arith.Multiply", '{"A": "x"}')
    assert (status, err) == (
        USAGE,
        'rpcgen: error: the arguments do not fit: A: "x" is no int, such as 7\n',
    )


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("Arith.Multipy", "did you mean Arith.Multiply"),
        ("Arit.Multiply", "did you mean Arith"),
        ("Zzz.Multiply", "there are rpcgen.Reflection, Arith, KVStore"),
    ],
)
def test_method_that_is_not_there_has_its_neighbours_named(
    capsys: Captured, address: str, method: str, said: str
) -> None:
    status, _, err = say(capsys, address, method, ARGS)
    assert (status, f"hint: {said}" in err) == (FAILED, True)


def test_name_without_a_service_is_wrong_usage(capsys: Captured, address: str) -> None:
    status, _, err = say(capsys, address, "Multiply", ARGS)
    assert (status, f"rpcgen list {address}" in err) == (USAGE, True)


def test_error_has_its_code(capsys: Captured, address: str) -> None:
    status, out, err = say(capsys, address, "KVStore.Get", '"nothing"')
    assert (status, out) == (FAILED, "")
    assert err.startswith("rpcgen: error: UNKNOWN: no such key: nothing")


def test_error_says_what_to_try(capsys: Captured, address: str) -> None:
    status, _, err = say(capsys, address, "Life.Fail", '""')
    assert status == FAILED
    assert err.splitlines() == [
        "rpcgen: error: UNAUTHENTICATED: who are you?",
        "    hint: say who you are: --metadata authorization='Bearer ...'",
    ]


def test_timeout_ends_the_call(capsys: Captured, address: str) -> None:
    status, _, err = say(capsys, address, "Life.Wait", '""', "--timeout", "1", "--types", "none")
    assert (status, "DEADLINE_EXCEEDED" in err) in [(UNREACHABLE, True), (FAILED, True)]
    assert "hint: give it longer: --timeout SECONDS" in err


def test_metadata_travels(capsys: Captured, address: str) -> None:
    options = ["--metadata", "tenant=acme", "--metadata", "zone=a=b"]
    assert reply(capsys, address, "Life.Seen", '""', *options) == {"tenant": "acme", "zone": "a=b"}


# --- machines -------------------------------------------------------------------------------------


def test_json_has_reply_and_metadata_on_a_line(capsys: Captured, address: str) -> None:
    assert say(capsys, address, "Life.Seen", '""', "--json") == (
        0,
        '{"reply": {}, "metadata": {"server": "a"}}\n',
        "",
    )


def test_json_has_an_error_and_its_metadata(capsys: Captured, address: str) -> None:
    status, out, err = say(capsys, address, "Life.Fail", '""', "--json")
    assert (status, err) == (FAILED, "")
    assert json.loads(out) == {
        "error": {"code": "UNAUTHENTICATED", "message": "who are you?"},
        "metadata": {"k": "v"},
    }


def test_json_has_the_fields_of_a_declared_exception(capsys: Captured, address: str) -> None:
    status, out, _ = say(capsys, address, "Life.Reject", "1", "--json")
    error = json.loads(out)["error"]
    assert (status, error["details"]) == (FAILED, {"Name": "a", "Count": 2})
    assert error["type"].endswith("RejectedError")


# --- arguments ------------------------------------------------------------------------------------


def test_arguments_come_from_a_file(capsys: Captured, address: str, tmp_path: Path) -> None:
    (tmp_path / "args.json").write_text(ARGS)
    assert reply(capsys, address, "Arith.Multiply", f"@{tmp_path}/args.json") == 56


def test_arguments_come_from_standard_input(
    capsys: Captured, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(ARGS))
    assert reply(capsys, address, "Arith.Multiply", "-") == 56


def test_closed_standard_input_is_wrong_usage(
    capsys: Captured, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    status, _, err = say(capsys, address, "Arith.Multiply", "-")
    assert (status, err) == (USAGE, "rpcgen: error: standard input is closed\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("@/nowhere", "cannot read the arguments: "),
        ('{"A": 7', "the arguments: no JSON: Expecting"),
        ("hello", "hint: a text has quotes of its own: '\"hello\"'"),
        ("", "the arguments: no JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_arguments_that_are_no_json_are_wrong_usage(
    capsys: Captured, address: str, arguments: str, said: str
) -> None:
    status, _, err = say(capsys, address, "Arith.Multiply", arguments)
    assert (status, said in err) == (USAGE, True)


def test_arguments_that_are_nested_deeply_are_wrong_usage(capsys: Captured, silent: str) -> None:
    status, _, err = say(capsys, silent, "Arith.Multiply", "[" * 900 + "]" * 900)
    assert (status, "nested too deeply" in err) == (USAGE, True)


# --- other ways to know the types -----------------------------------------------------------------


def test_idl_says_the_types(capsys: Captured, silent: str) -> None:
    assert reply(capsys, silent, "Arith.Multiply", '{"a": 7, "b": 8}', "--idl", IDL) == 56


def test_idl_of_a_service_of_another_name_will_do(capsys: Captured) -> None:
    with rpcgen.Server() as server:
        register_arith(server, Calculator(), "v1")
        address = server.listen("127.0.0.1:0").address
        assert reply(capsys, address, "v1.Multiply", ARGS, "--idl", IDL) == 56


def test_idl_without_the_method_is_wrong_usage(capsys: Captured, silent: str) -> None:
    status, _, err = say(capsys, silent, "Arith.Add", ARGS, "--idl", IDL)
    assert (status, "the IDL has no method Arith.Add" in err) == (USAGE, True)


def test_bad_idl_is_a_placed_error(capsys: Captured, silent: str, project: Path) -> None:
    (project / "idl" / "arith.py").write_text("def f(:")
    status, _, err = say(capsys, silent, "Arith.Add", ARGS, "--idl", "idl")
    assert (status, err.startswith("idl/arith.py:1:7: error: syntax error")) == (FAILED, True)


def test_nobody_says_the_types(capsys: Captured, silent: str) -> None:
    assert reply(capsys, silent, "Arith.Divide", '{"A": 17, "B": 8}') == {"Quo": 2, "Rem": 1}


@pytest.mark.go
def test_hint_where_types_do_not_fit(capsys: Captured, go_server: GoServer) -> None:
    status, _, err = say(capsys, go_server.tcp, "Arith.Multiply", '{"A": 1.5}')
    assert (status, "hint: say the types: --idl FILE" in err) == (FAILED, True)


def test_reflection_that_is_not_there_is_an_error(capsys: Captured, silent: str) -> None:
    status, _, err = say(capsys, silent, "Arith.Divide", ARGS, "--types", "reflection")
    assert (status, "does not serve rpcgen.Reflection" in err) == (FAILED, True)


def test_page_of_an_address_without_http_is_wrong_usage(capsys: Captured, silent: str) -> None:
    status, _, err = say(capsys, silent, "Arith.Divide", ARGS, "--types", "page")
    assert (status, "say where the page is: --page URL" in err) == (USAGE, True)


# --- addresses, codecs ----------------------------------------------------------------------------


@pytest.mark.parametrize("listen", ["http://127.0.0.1:0", "unix://{}/s", "http+unix://{}/h"])
def test_address_may_be_of_any_kind(
    capsys: Captured, server: rpcgen.Server, tmp_path: Path, listen: str
) -> None:
    address = server.listen(listen.format(tmp_path)).address
    assert reply(capsys, address, "Arith.Multiply", ARGS) == 56


def test_json_codec(capsys: Captured, server: rpcgen.Server) -> None:
    address = server.listen("127.0.0.1:0", "json").address
    assert reply(capsys, address, "Arith.Multiply", ARGS, "--codec", "json") == 56


def test_encrypted_server_is_trusted_by_its_authority(capsys: Captured, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = server_context()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with rpcgen.Server() as server:
        register_arith(server, Calculator())
        address = server.listen("tls://127.0.0.1:0", tls=context).address
        status, _, err = say(capsys, address, "Arith.Multiply", ARGS)
        assert (status, "hint: name the authority of the server: --ca" in err) == (3, True)
        ca = f"{tmp_path}/ca.pem"
        assert reply(capsys, address, "Arith.Multiply", ARGS, "--ca", ca) == 56
        assert reply(capsys, address, "Arith.Multiply", ARGS, "--insecure") == 56


def test_server_may_be_found_by_a_resolver(capsys: Captured, address: str) -> None:
    place = address.replace("tcp://", "dns://")
    assert reply(capsys, place, "Arith.Multiply", ARGS) == 56


def test_server_that_is_not_there_is_unreachable(capsys: Captured) -> None:
    status, _, err = say(capsys, "127.0.0.1:1", "Arith.Multiply", ARGS)
    assert (status, "hint: nothing listens there" in err) == (UNREACHABLE, True)


@pytest.mark.go
def test_other_codec_is_suspected_where_the_server_hangs_up(
    capsys: Captured, go_server: GoServer
) -> None:
    status, _, err = say(capsys, go_server.json, "Arith.Multiply", ARGS)
    assert (status, "--codec json for JSON-RPC" in err) == (UNREACHABLE, True)


def test_server_that_never_answers_is_given_up(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rpcgen.cli.remote.target._CONNECT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        place = f"127.0.0.1:{listening.getsockname()[1]}"
        status, _, err = say(capsys, place, "Arith.Multiply", ARGS)
    assert (status, "hint: give it longer: --timeout" in err) == (UNREACHABLE, True)


@pytest.mark.parametrize("method", ["rpcgen.Reflection.Services", "rpcgen.Reflection.Describe"])
def test_service_of_the_server_itself_can_be_called(
    capsys: Captured, address: str, method: str
) -> None:
    arguments = ['"Arith"'] if method.endswith("Describe") else []
    assert reply(capsys, address, method, *arguments)


def test_description_that_cannot_be_used_is_explained(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise SchemaError("a type holds itself")

    monkeypatch.setattr("rpcgen.cli.remote.idl_modules.methods_of_description", refuse)
    status, _, err = say(capsys, address, "Arith.Multiply", ARGS)
    assert (status, "what the server says of Arith cannot be used" in err) == (FAILED, True)
    assert "--types none" in err


def test_bad_address_is_an_error(capsys: Captured) -> None:
    status, _, err = say(capsys, "ftp://x", "Arith.Multiply", ARGS)
    assert (status, "is of no known kind" in err) == (UNREACHABLE, True)


# --- stock Go -------------------------------------------------------------------------------------


@pytest.mark.go
def test_stock_go_is_called_without_types(capsys: Captured, go_server: GoServer) -> None:
    for address in (go_server.tcp, f"tcp://{go_server.tcp}", f"unix://{go_server.unix}"):
        assert reply(capsys, address, "Arith.Multiply", ARGS) == 56


@pytest.mark.go
def test_stock_go_says_the_types_on_its_page(capsys: Captured, go_page: str) -> None:
    # Lower-case names would be keys of a map, if the page did not say that it is a struct.
    assert reply(capsys, go_page, "Arith.Divide", '{"a": 17, "b": 8}') == {"Quo": 2, "Rem": 1}
    assert reply(capsys, go_page, "Kinds.EchoUint8", "255") == 255
    assert reply(capsys, go_page, "Kinds.EchoFloat", "3") == 3.0
    assert reply(capsys, go_page, "Kinds.EchoBytes", '"bytes"') == "bytes"
    assert reply(capsys, go_page, "Kinds.EchoTimedelta", '"1.5s"') == "1.5s"
    moment = "2026-01-02T03:04:05Z"
    assert reply(capsys, go_page, "Kinds.EchoDatetime", f'"{moment}"') == moment
    assert reply(capsys, go_page, "Kinds.Nothing") is None


@pytest.mark.go
def test_page_may_be_elsewhere(capsys: Captured, go_server: GoServer, go_page: str) -> None:
    assert reply(capsys, go_server.tcp, "Kinds.EchoUint8", "255", "--page", go_page) == 255


@pytest.mark.go
def test_page_without_the_method_names_its_neighbours(capsys: Captured, go_page: str) -> None:
    assert say(capsys, go_page, "KVStore.Gett", '"a"')[0] == FAILED
    assert "did you mean" in say(capsys, go_page, "KVStore.Gett", '"a"')[2]
    assert "there is no service Nothing" in say(capsys, go_page, "Nothing.Get", '"a"')[2]


@pytest.mark.go
def test_types_that_go_names_alone_are_explained(capsys: Captured, go_page: str) -> None:
    status, _, err = say(capsys, go_page, "Arith.Divide")
    assert (status, "Arith.Divide takes main.Args" in err) == (USAGE, True)


@pytest.mark.go
def test_literals_say_what_json_cannot(capsys: Captured, go_server: GoServer) -> None:
    arguments = (
        '{"Key": "cli", "Value": {"@hex": "ff00"}, "Tags": {"@map": {"A": "b"}}, '
        '"ExpiresIn": {"@duration": "1h"}}'
    )
    assert reply(capsys, go_server.tcp, "KVStore.Put", arguments) == 1
    assert reply(capsys, go_server.tcp, "KVStore.Get", '"cli"') == {
        "Key": "cli",
        "Value": {"@base64": "/wA="},
        "Version": 1,
        "Tags": {"A": "b"},
        "Expires": "1970-01-01T01:00:00Z",
    }


@pytest.mark.go
def test_interface_of_go_holds_what_is_said(capsys: Captured, go_page: str) -> None:
    circle = '{"@type": "shapes.Circle", "Center": {"X": 1.0}, "Radius": 1.0}'
    arguments = f'{{"Shape": {circle}, "By": {{"X": 1.0}}, "Times": 2}}'
    moved = reply(capsys, go_page, "Shapes.Move", arguments)
    assert moved == {"@type": "shapes.Circle", "Center": {"X": 3.0, "Y": 0.0}, "Radius": 1.0}


@pytest.mark.go
def test_stock_go_is_called_in_json(capsys: Captured, go_server: GoServer) -> None:
    quotient = reply(capsys, go_server.json, "Arith.Divide", '{"A": 17, "B": 8}', "--codec", "json")
    assert quotient == {"Quo": 2, "Rem": 1}


@pytest.mark.go
def test_error_of_go_is_its_text(capsys: Captured, go_server: GoServer) -> None:
    status, _, err = say(capsys, go_server.tcp, "Arith.Divide", '{"A": 1}')
    assert (status, err) == (FAILED, "rpcgen: error: UNKNOWN: divide by zero\n")


@pytest.mark.go
def test_method_that_go_lacks_is_looked_for_by_list(capsys: Captured, go_server: GoServer) -> None:
    _, _, err = say(capsys, go_server.tcp, "Arith.Add", ARGS)
    assert f"hint: see what there is: rpcgen list {go_server.tcp}" in err
