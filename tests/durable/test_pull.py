"""Requests for calls at the broker: as many as there is room, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from rpcgen.durable import pull
from rpcgen.durable.jetstream import JetStream
from rpcgen.durable.names import CallName
from rpcgen.durable.pull import Pull
from rpcgen.errors import RpcError
from tests.support.timeouts import TIMEOUT_S

NAME = CallName("Bank.Charge")


class Message:
    """What a broker sends."""

    def __init__(self, subject: str, status: str = "") -> None:
        self.subject = subject
        self.headers = {"Status": status, "Description": "No Responders"} if status else None
        self.is_given_back = False

    async def nak(self) -> None:
        self.is_given_back = True


class FakeJetStream:
    """Counts the requests; what a test has it send comes to the inbox."""

    def __init__(self) -> None:
        self.requests = 0
        self.is_connected = True
        self.pending_data_size = 0
        self.send: Callable[[Any], Awaitable[None]]

    @property
    def client(self) -> FakeJetStream:
        return self

    def new_inbox(self) -> str:
        return "_INBOX.1"

    async def subscribe(self, inbox: str, cb: Callable[[Any], Awaitable[None]]) -> FakeJetStream:
        self.send = cb
        return self

    async def unsubscribe(self) -> None: ...

    async def flush(self) -> None: ...

    async def pull(self, name: CallName, inbox: str) -> None:
        assert (name, inbox) == (NAME, "_INBOX.1")
        self.requests += 1


class Scene:
    """A pull with room for so many calls."""

    def __init__(self, room: int) -> None:
        self.jetstream = FakeJetStream()
        self.taken: list[Any] = []
        self.room = room
        self.pull = Pull(cast("JetStream", self.jetstream), NAME, lambda: self.room, self._take)

    def _take(self, message: Any) -> None:
        self.taken.append(message)
        self.room -= 1

    async def begin(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self.pull.run())
        await self.settle()
        return task

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


def call() -> Message:
    return Message(NAME.call_subject("k"))


def run(room: int, act: Callable[[Scene, asyncio.Task[None]], Awaitable[None]]) -> Scene:
    async def main() -> Scene:
        scene = Scene(room)
        task = await scene.begin()
        try:
            await act(scene, task)
        finally:
            task.cancel()
            await asyncio.wait((task,))
        return scene

    return asyncio.run(main())


def test_there_are_as_many_requests_as_there_is_room() -> None:
    async def act(scene: Scene, _: asyncio.Task[None]) -> None:
        await scene.settle()

    assert run(3, act).jetstream.requests == 3


def test_call_is_taken_and_asked_for_no_more_while_there_is_no_room() -> None:
    async def act(scene: Scene, _: asyncio.Task[None]) -> None:
        await scene.jetstream.send(call())
        await scene.settle()

    scene = run(1, act)
    assert (len(scene.taken), scene.jetstream.requests) == (1, 1)


def test_room_that_comes_back_is_asked_for() -> None:
    async def act(scene: Scene, _: asyncio.Task[None]) -> None:
        await scene.jetstream.send(call())
        scene.room += 1
        scene.pull.look()
        await scene.settle()

    assert run(1, act).jetstream.requests == 2


def test_request_that_has_come_to_nothing_is_made_again() -> None:
    async def act(scene: Scene, _: asyncio.Task[None]) -> None:
        await scene.jetstream.send(Message("_INBOX.1", "408"))
        await scene.settle()

    scene = run(1, act)
    assert (scene.taken, scene.jetstream.requests) == ([], 2)


def test_sign_of_a_request_is_no_end_of_it() -> None:
    async def act(scene: Scene, _: asyncio.Task[None]) -> None:
        await scene.jetstream.send(Message("_INBOX.1", "100"))
        await scene.settle()

    assert run(2, act).jetstream.requests == 2


def test_requests_without_a_sign_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "_SILENCE_S", 0.001)

    async def act(scene: Scene, _: asyncio.Task[None]) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            while scene.jetstream.requests < 4:
                await asyncio.sleep(0)

    run(2, act)


def test_nothing_is_asked_while_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "_SILENCE_S", 0.001)

    async def act(scene: Scene, _: asyncio.Task[None]) -> None:
        scene.jetstream.is_connected = False
        scene.pull.ask_anew()
        await scene.settle()

    assert run(2, act).jetstream.requests == 2


def test_call_that_there_is_no_room_for_is_given_back() -> None:
    async def act(scene: Scene, _: asyncio.Task[None]) -> None:
        scene.room = 0
        await scene.jetstream.send(given)

    given = call()
    assert (run(1, act).taken, given.is_given_back) == ([], True)


def test_call_that_comes_after_the_end_is_given_back() -> None:
    async def act(scene: Scene, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.wait((task,))
        await scene.jetstream.send(given)

    given = call()
    assert (run(1, act).taken, given.is_given_back) == ([], True)


def test_all_is_asked_anew_where_the_broker_has_forgotten() -> None:
    async def act(scene: Scene, _: asyncio.Task[None]) -> None:
        scene.pull.ask_anew()
        await scene.settle()

    assert run(2, act).jetstream.requests == 4


def test_refusal_ends_the_pull() -> None:
    async def act(scene: Scene, task: asyncio.Task[None]) -> None:
        await scene.jetstream.send(Message("_INBOX.1", "503"))
        with pytest.raises(RpcError, match="no calls: 503 No Responders"):
            await task

    run(1, act)
