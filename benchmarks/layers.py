"""The time of a call, layer by layer.

::

    python -m benchmarks.layers [--rounds 15]

Each layer is timed together with those below it, on one thread and without a
peer: the replies that a client reads, and the requests that a server reads,
are there already. What a layer takes by itself is the difference to those
below. What is left of a real call is the kernel's part in getting bytes from
one process to the other, and in waking it.
"""

from __future__ import annotations

import argparse
import socket
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest.mock import patch

from attrs import frozen

from benchmarks.generated.bench import ARITH_MULTIPLY, ARITH_ORDER, ArithClient
from rpcgen import Client, Method, Server
from rpcgen.protocol import (
    ClientProtocol,
    GobClientCodec,
    GobServerCodec,
    Invocation,
    Request,
    Response,
    ServerProtocol,
)
from rpcgen.sync.leader_term import LeaderTerm
from rpcgen.sync.poller import READ, make_poller
from rpcgen.sync.reactor import Reactor
from rpcgen.sync.stream import Stream
from rpcgen.sync.watchdog import Watchdog

from .messages import Args, Item, Order
from .values import build, copy

__all__ = ["Layer", "Work", "layers", "main"]

# Calls that are timed together: their sequence numbers, 1 to 99, all take a byte.
_CALLS = 99


@frozen
class Work:
    """A call: what it sends, and how the handler makes the reply of it."""

    title: str
    method: Method[Any, Any]
    args: Any
    handler: Callable[[Any], Any]


@frozen
class Layer:
    """Time that a layer takes by itself, in microseconds a call."""

    title: str
    microseconds: float


def works() -> list[Work]:
    order = build(Order, Item)
    return [
        Work("(a) Arith.Multiply", ARITH_MULTIPLY, Args(7, 8), lambda args: args.a * args.b),
        Work("(c) a nested message", ARITH_ORDER, order, lambda each: copy(each, Order, Item)),
    ]


def layers(work: Work, rounds: int) -> Iterator[Layer]:
    """Yield the layers of one call, the client's first."""
    requests, replies = _messages(work)
    best = partial(_best, rounds=rounds)

    calls = best(partial(_client, work, replies))
    core = best(partial(_client_protocol, work, replies))
    encode = best(partial(_encode_requests, work))
    decode = best(partial(_decode_replies, work, replies))
    system = best(partial(_send_and_receive, requests, replies))
    yield Layer("client: stub, call, leader/followers, request writer", calls - core - system)
    yield Layer("client: protocol (numbers, pending calls)", core - encode - decode)
    yield Layer("client: encode the request", encode)
    yield Layer("client: decode the reply", decode)
    yield Layer("client: send and receive", system)

    turns = best(partial(_server, work, requests))
    core = best(partial(_server_protocol, work, requests))
    decode = best(partial(_decode_requests, work, requests))
    encode = best(partial(_encode_replies, work))
    handler = best(partial(_handle, work))
    system = best(partial(_poll_receive_and_send, requests, replies))
    yield Layer(
        "server: reactor, watchdog, send buffer, statistics", turns - core - handler - system
    )
    yield Layer("server: protocol (registry, events)", core - decode - encode)
    yield Layer("server: decode the request", decode)
    yield Layer("server: the handler", handler)
    yield Layer("server: encode the reply", encode)
    yield Layer("server: poll, receive and send", system)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    for work in works():
        found = list(layers(work, options.rounds))
        print(f"\n{work.title}, microseconds of one call\n")
        for layer in [*found, Layer("together", sum(each.microseconds for each in found))]:
            print(f"{layer.title:46}{layer.microseconds:8.2f}")
    return 0


# --- what is timed: each makes _CALLS calls and returns the seconds -------------------------------


def _best(timed: Callable[[], float], rounds: int) -> float:
    """Return the microseconds of one call, in the best of some rounds."""
    return min(timed() for _ in range(rounds)) / _CALLS * 1e6


def _messages(work: Work) -> tuple[list[bytes], list[bytes]]:
    """Return what is sent for each call there and back, after the first with its definitions."""
    client, server = GobClientCodec(), GobServerCodec()
    reply = work.handler(work.args)
    name, request, response = work.method.name, work.method.request, work.method.response
    seqs = range(_CALLS + 1)
    return (
        [b"".join(client.encode_request(Request(name, seq), request, work.args)) for seq in seqs],
        [b"".join(server.encode_response(Response(name, seq), response, reply)) for seq in seqs],
    )


def _client(work: Work, replies: list[bytes]) -> float:
    ours, theirs = socket.socketpair()
    # The replies are there before the requests: a client that looks whether the server has hung
    # up, after a pause that a busy machine may make, would find one that nobody waits for.
    never_idle = patch("rpcgen.sync.client._IDLE_S", float("inf"))
    with never_idle, theirs, ArithClient(Client(ours)) as client:
        call = client.multiply if work.method is ARITH_MULTIPLY else client.order
        took = 0.0
        for number, reply in enumerate(replies):
            theirs.sendall(reply)
            start = time.perf_counter()
            call(work.args)
            took += (time.perf_counter() - start) if number else 0.0
            theirs.recv(1 << 20)
        return took


def _client_protocol(work: Work, replies: list[bytes]) -> float:
    protocol = ClientProtocol[object](GobClientCodec())
    took = 0.0
    for number, reply in enumerate(replies):
        start = time.perf_counter()
        seq = protocol.begin(work.method, None)
        protocol.encode_parts(seq, work.method, work.args)
        protocol.receive(reply)
        took += (time.perf_counter() - start) if number else 0.0
    return took


def _encode_requests(work: Work) -> float:
    codec, name, schema = GobClientCodec(), work.method.name, work.method.request
    return _timed(lambda seq: codec.encode_request(Request(name, seq), schema, work.args))


def _encode_replies(work: Work) -> float:
    codec, name, schema = GobServerCodec(), work.method.name, work.method.response
    reply = work.handler(work.args)
    return _timed(lambda seq: codec.encode_response(Response(name, seq), schema, reply))


def _decode_replies(work: Work, replies: list[bytes]) -> float:
    codec, schema = GobClientCodec(), work.method.response

    def decode(seq: int) -> None:
        codec.feed(replies[seq])
        codec.decode_response_header()
        codec.decode_response_body(schema)

    return _timed(decode)


def _decode_requests(work: Work, requests: list[bytes]) -> float:
    codec, schema = GobServerCodec(), work.method.request

    def decode(seq: int) -> None:
        codec.feed(requests[seq])
        codec.decode_request_header()
        codec.decode_request_body(schema)

    return _timed(decode)


def _handle(work: Work) -> float:
    return _timed(lambda seq: work.handler(work.args))


def _server_protocol(work: Work, requests: list[bytes]) -> float:
    protocol = ServerProtocol(_serving(work), GobServerCodec())
    reply = work.handler(work.args)

    def answer(seq: int) -> None:
        protocol.feed(requests[seq])
        event = protocol.next_event()
        assert isinstance(event, Invocation)
        protocol.reply_parts(event, reply)
        protocol.next_event()

    return _timed(answer)


def _server(work: Work, requests: list[bytes]) -> float:
    """Time the turns of a connection, as the loop gives them."""
    ours, theirs = socket.socketpair()
    reactor = _LedByHand(workers=1)
    connection = reactor.serve(Stream(ours), ServerProtocol(_serving(work), GobServerCodec()))
    watchdog: Watchdog[Any] = Watchdog(lambda stalled: None)
    term = LeaderTerm(watchdog, watchdog.current)
    poller = make_poller()
    poller.register(ours.fileno(), READ)
    took = 0.0
    with ours, theirs:
        for number, request in enumerate(requests):
            theirs.sendall(request)
            start = time.perf_counter()
            for _, events in poller.poll():
                connection.on_ready(term, events)
                term.unflushed.pop().flush_turn(term)
            took += (time.perf_counter() - start) if number else 0.0
            theirs.recv(1 << 20)
    poller.close()
    return took


class _LedByHand(Reactor):
    """A reactor without a thread."""

    def _start(self) -> None:
        self._poller = make_poller()


def _serving(work: Work) -> Server:
    server = Server()
    server.register_name("Arith", [work.method.handler(work.handler)])
    return server


def _send_and_receive(sent: list[bytes], received: list[bytes]) -> float:
    ours, theirs = socket.socketpair()
    took = 0.0
    with ours, theirs:
        for request, reply in zip(sent[1:], received[1:], strict=True):
            theirs.sendall(reply)
            start = time.perf_counter()
            ours.send(request)
            ours.recv(65536)
            took += time.perf_counter() - start
            theirs.recv(1 << 20)
    return took


def _poll_receive_and_send(received: list[bytes], sent: list[bytes]) -> float:
    ours, theirs = socket.socketpair()
    poller = make_poller()
    poller.register(ours.fileno(), READ)
    took = 0.0
    with ours, theirs:
        for request, reply in zip(received[1:], sent[1:], strict=True):
            theirs.sendall(request)
            start = time.perf_counter()
            poller.poll()
            ours.recv(65536)
            ours.send(reply)
            took += time.perf_counter() - start
            theirs.recv(1 << 20)
    poller.close()
    return took


def _timed(operation: Callable[[int], object]) -> float:
    """Do it once to warm up, which sends gob's definitions, and then _CALLS times."""
    operation(0)
    start = time.perf_counter()
    for seq in range(1, _CALLS + 1):
        operation(seq)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
