"""Tests of `rpcgen.cli.remote.debug_page`; that of stock Go is asked for in `test_call`."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

import rpcgen
from generated.arith import register_arith
from rpcgen import DialError
from rpcgen.cli.remote.debug_page import PageMethod, PageService, fetch_page, parse_page
from rpcgen.testing.certificates import client_context, server_context
from tests.support.services import Calculator
from tests.support.timeouts import TIMEOUT_S

# What Go prints for two services, one of them with types that HTML escapes.
GO = """<html>
	<body>
	<title>Services</title>
	<hr>
	Service Arith
	<hr>
		<table>
		<th align=center>Method</th><th align=center>Calls</th>
			<tr>
			<td align=left font=fixed>Divide(*main.Args, *main.Quotient) error</td>
			<td align=center>7</td>
			</tr>
			<tr>
			<td align=left font=fixed>Pick(map[string]struct { A, B int }, *[]int) error</td>
			<td align=center>0</td>
			</tr>
		</table>
	<hr>
	Service a.b
	<hr>
		<table>
		<th align=center>Method</th><th align=center>Calls</th>
			<tr>
			<td align=left font=fixed>Take(&lt;-chan int, *struct {}) error</td>
			<td align=center>1</td>
			</tr>
		</table>
	</body>
	</html>"""


def serve(server: rpcgen.Server, address: str, **options: object) -> str:
    register_arith(server, Calculator())
    server.handle_http()
    return server.listen(address, **options).address  # type: ignore[arg-type]


def test_page_of_go_is_parsed() -> None:
    assert parse_page(GO) == [
        PageService(
            "Arith",
            (
                PageMethod("Divide", "*main.Args", "main.Quotient", 7),
                PageMethod("Pick", "map[string]struct { A, B int }", "[]int", 0),
            ),
        ),
        PageService("a.b", (PageMethod("Take", "<-chan int", "struct {}", 1),)),
    ]


def test_page_of_many_unfinished_services_is_parsed_at_once() -> None:
    # Whatever looked for the end of each one's table would do so for all of the page.
    page = "<title>Services</title>" + "<hr>Service A<hr>" * 100_000
    assert len(parse_page(page)) == 100_000


def test_signature_that_is_far_too_long_is_left_out() -> None:
    row = f"<td align=left font=fixed>M({', ' * 100_000}) error</td><td align=center>1</td>"
    page = f"<title>Services</title><hr>Service A<hr>{row}"
    assert parse_page(page) == [PageService("A", ())]


def test_page_of_a_server_of_nothing_is_parsed() -> None:
    assert parse_page("<html><body><title>Services</title></body></html>") == []


@pytest.mark.parametrize("text", ["", "<html>hello</html>", '{"services": 5}', '{"a": 1}', "{"])
def test_other_page_is_refused(text: str) -> None:
    with pytest.raises(DialError, match="the debug page"):
        parse_page(text)


def test_page_of_our_own_server_has_docs_and_errors() -> None:
    with rpcgen.Server() as server:
        (service,) = fetch_page(serve(server, "http://127.0.0.1:0"), timeout=TIMEOUT_S)
    assert service.method("Multiply") == PageMethod(
        "Multiply", "arith.Args", "int", 0, 0, "Return the product of a and b."
    )
    assert service.method("Add") is None


def test_page_behind_a_unix_socket_is_fetched(tmp_path: Path) -> None:
    with rpcgen.Server() as server:
        (service,) = fetch_page(serve(server, f"http+unix://{tmp_path}/s"), timeout=TIMEOUT_S)
    assert service.name == "Arith"


def test_page_is_fetched_encrypted() -> None:
    with rpcgen.Server() as server:
        address = serve(server, "https://127.0.0.1:0", tls=server_context())
        (service,) = fetch_page(address, timeout=TIMEOUT_S, tls=client_context())
    assert service.name == "Arith"


def test_page_may_have_another_path() -> None:
    with rpcgen.Server() as server:
        address = server.listen("http://127.0.0.1:0").address
        server.handle_http(debug_path="/what")
        assert fetch_page(f"{address}/what", timeout=TIMEOUT_S) == []


def test_server_without_a_page_is_refused() -> None:
    with rpcgen.Server() as server:
        address = server.listen("http://127.0.0.1:0").address
        with pytest.raises(DialError, match="has no debug page: 404"):
            fetch_page(address, timeout=TIMEOUT_S)


def test_server_that_is_not_there_is_refused() -> None:
    with pytest.raises(DialError, match="cannot read the debug page of"):
        fetch_page("http://127.0.0.1:1", timeout=TIMEOUT_S)


def test_server_that_speaks_no_http_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"hello\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(DialError, match="cannot read the debug page"):
            fetch_page(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=TIMEOUT_S)
        thread.join(TIMEOUT_S)
