"""Stress for a client that many threads share: every call ends once, and in its time.

Run as a command it goes on for longer: ``python -m tests.sync.stress 600 [alarms]``.
"""

from __future__ import annotations

import os
import queue
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final
from unittest.mock import patch

from rpcgen import Client, Code, DialOptions, Method, RpcError, Server, dial
from rpcgen.errors import CallTimeoutError, DialError, DisconnectedError, ServerError, ShutdownError
from rpcgen.protocol import CodecName
from rpcgen.sync.call import Call
from rpcgen.sync.leader_follower import LeaderFollower, Waitable
from rpcgen.sync.receiver import Receiver
from rpcgen.sync.sections import Token
from rpcgen.testing.certificates import client_context, server_context

__all__ = ["SLEEP", "Stress", "sleeps"]

ECHO = Method[bytes, bytes]("Stress.Echo")
SLOW = Method[int, int]("Stress.Slow")

# Seconds: a wait that is longer than its bound by this has hung; a sleep that nobody has ended.
SLACK: Final = 20.0
SLEEP: Final = 0.45


def slow(milliseconds: int) -> int:
    time.sleep(milliseconds / 1000)
    return milliseconds


@contextmanager
def sleeps(counts: Counter[str]) -> Iterator[None]:
    """Count the sleeps of threads that had no reason to go on sleeping when they awoke."""
    waiting = threading.local()
    wait, follow, transfer = (
        LeaderFollower.wait,
        LeaderFollower._wait_as_follower,
        Receiver.transfer,
    )

    def counting_wait(self: LeaderFollower, waitable: Waitable, deadline: float | None) -> bool:
        before = getattr(waiting, "waitable", None)
        waiting.waitable = waitable
        try:
            return wait(self, waitable, deadline)
        finally:
            waiting.waitable = before

    def counting_follow(
        self: LeaderFollower, waitable: Waitable, seconds: float, token: Token
    ) -> None:
        begin = time.monotonic()
        follow(self, waitable, seconds, token)
        if time.monotonic() - begin >= SLEEP:
            counts["long sleeps"] += 1
            if self._leader.get(None) is token and "take" not in self._sections.claims:
                counts["sleeps with nobody to read"] += 1

    def counting_transfer(self: Receiver, token: Token, seconds: float, whole: bool) -> bool:
        begin = time.monotonic()
        has_come = transfer(self, token, seconds, whole)
        if not has_come and time.monotonic() - begin >= SLEEP and waiting.waitable._is_done:
            counts["reads of a call that was over"] += 1
        return has_come

    with (
        patch.object(LeaderFollower, "wait", counting_wait),
        patch.object(LeaderFollower, "_wait_as_follower", counting_follow),
        patch.object(Receiver, "transfer", counting_transfer),
    ):
        yield


class Stress:
    """Threads that call, a server that ends and begins again, and an alarm that raises.

    Args:
        transport: ``tcp``, ``unix`` or ``tls``.
        codec: What is spoken.
        seconds: How long it is to last.
        threads: How many threads call.
        restarts: Whether the server ends now and then.
        seed: What the random numbers begin with.
    """

    def __init__(
        self,
        transport: str,
        codec: CodecName,
        seconds: float,
        *,
        threads: int = 6,
        restarts: bool = True,
        seed: int = 0,
    ) -> None:
        self.counts = Counter[str]()
        self.faults: list[str] = []
        self._is_tls = transport == "tls"
        self._codec: CodecName = codec
        self._threads = threads
        self._restarts = restarts
        self._seed = seed
        self._end = time.monotonic() + seconds
        self._over = threading.Event()
        self._is_interrupted = False
        self._transport = transport
        self._address = self._anywhere()
        self._client: Client | None = None
        self._lock = threading.Lock()
        self._server = self._start_server()

    def run(self) -> None:
        """Do it, and note what was wrong in ``faults``."""
        threads = [
            threading.Thread(target=self._work, args=(random.Random(self._seed + i),), daemon=True)
            for i in range(self._threads)
        ]
        for thread in threads:
            thread.start()
        chance = random.Random(self._seed - 1)
        while time.monotonic() < self._end:
            time.sleep(0.02 + chance.random() * 0.5)
            if self._restarts:
                self._server.close(0.05)
                self._server = self._start_server()
                self.counts["restarts"] += 1
        self._over.set()
        for thread in threads:
            thread.join(2 * SLACK)
            if thread.is_alive():
                frame: FrameType | None = sys._current_frames().get(thread.ident or 0)
                where = []
                while frame is not None:
                    where.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
                    frame = frame.f_back
                self.faults.append(f"a thread hangs in {' < '.join(where)}")
        if self._client is not None:
            self._retire(self._client)
        self._server.close(0.05)

    def interrupt(self, error: Callable[[], BaseException]) -> None:
        """Call in the main thread, while an alarm raises at any time, until it is over."""
        chance = random.Random(self._seed - 2)
        self._is_interrupted = True

        def ring(number: int, frame: FrameType | None) -> None:
            raise error()

        before = signal.signal(signal.SIGALRM, ring)
        try:
            while not self._over.is_set():
                try:
                    client = self._shared_client()
                    signal.setitimer(signal.ITIMER_REAL, 0.0001 + chance.random() * 0.01)
                    try:
                        self._call(chance, client, queues=False)
                    finally:
                        signal.setitimer(signal.ITIMER_REAL, 0)
                except type(error()):
                    self.counts["interrupts"] += 1
                except RpcError as failure:
                    self.counts[type(failure).__name__] += 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _anywhere(self) -> str:
        if self._transport == "unix":
            return f"unix://{tempfile.mkdtemp()}/s"
        return f"{self._transport}://127.0.0.1:0"

    def _start_server(self) -> Server:
        server = Server()
        server.register_name("Stress", [ECHO.handler(lambda data: data), SLOW.handler(slow)])
        tls = server_context() if self._is_tls else None
        try:
            listener = server.listen(self._address, self._codec, tls=tls)
        except DialError:  # a client's connection may have got the port
            listener = server.listen(self._anywhere(), self._codec, tls=tls)
        self._address = str(listener.address)
        threading.Thread(target=server.serve, daemon=True).start()
        return server

    def _shared_client(self) -> Client:
        client = self._client
        if client is not None and not client.closed:
            return client
        options: DialOptions = {"codec": self._codec, "timeout": 5.0}
        if self._is_tls:
            options["tls"] = client_context()
        new = dial(self._address, **options)
        with self._lock:
            if self._client is client:
                self._client = new
                new, retired = None, client  # type: ignore[assignment]
            else:
                retired = new
        if retired is not None:
            self._retire(retired)
        assert self._client is not None
        return self._client

    def _retire(self, client: Client) -> None:
        """Close a client that has ended, and look whether anything is left of it."""
        try:
            client.close()
        except ShutdownError:
            pass
        deadline = time.monotonic() + SLACK
        while self._left(client) and time.monotonic() < deadline:
            time.sleep(0.005)
        if left := self._left(client):
            self.faults.append(f"left of a client: {left}")

    def _left(self, client: Client) -> str:
        left = client._protocol.pending, client._stream.fileno(), list(client._threads)
        return "" if left[0] == 0 and left[1] < 0 and not left[2] else str(left)

    def _work(self, chance: random.Random) -> None:
        while not self._over.is_set():
            try:
                self._call(chance, self._shared_client())
            except (DialError, ShutdownError, DisconnectedError) as error:
                self.counts[type(error).__name__] += 1
                time.sleep(0.001)
            except CallTimeoutError:
                self.counts["timeouts"] += 1
            except ServerError as error:
                # Of a server that was closed when it had half of a request.
                self.counts[str(error)] += 1
                if str(error) != "unexpected EOF":
                    self.faults.append(f"ServerError: {error}")
            except BaseException as error:
                self.faults.append(f"{type(error).__name__}: {error}")

    def _call(self, chance: random.Random, client: Client, *, queues: bool = True) -> None:
        size = chance.choice(
            (1, 100, 100, 1000, 40_000, 300_000, 2_000_000 if chance.random() < 0.3 else 5)
        )
        data = bytes([chance.randrange(256)]) * size
        kind = chance.randrange(7)
        begin = time.monotonic()
        bound = 0.0
        try:
            if kind <= 1:
                self._check(client.call(ECHO, data), data)
            elif kind == 2:
                bound = chance.random() * 0.01
                self._check(client.go(ECHO, data).result(bound), data)
            elif kind == 3 and queues:
                self._check_queue(client, data)
            elif kind in (3, 4):
                calls = [client.go(ECHO, data) for _ in range(chance.randrange(1, 8))]
                for call in calls:
                    self._check(call.result(), data)
            elif kind == 5:
                bound = chance.random() * 0.01
                self._check_timed(client, data, bound)
            else:
                number = chance.randrange(5)
                self._check(client.call(SLOW, number), number)
        finally:
            self.counts["calls"] += 1
            if time.monotonic() - begin > bound + SLACK:
                self.faults.append(f"{kind}, {size} bytes: waited {time.monotonic() - begin:.1f} s")

    def _check_timed(self, client: Client, data: bytes, seconds: float) -> None:
        try:
            self._check(client.call(ECHO, data, timeout=seconds), data)
        except RpcError as error:  # of the client, or of the server that was faster
            if error.code is not Code.DEADLINE_EXCEEDED:
                raise
            self.counts["deadlines"] += 1

    def _check_queue(self, client: Client, data: bytes) -> None:
        # One that an alarm cannot leave locked.
        done = queue.SimpleQueue[Call[bytes]]()
        calls = [client.go(ECHO, data, done) for _ in range(3)]
        told: dict[int, Call[bytes]] = {}
        try:
            while len(told) < len(calls):
                call = done.get(timeout=SLACK)
                # Twice if the alarm has come while it was put there: nobody can tell.
                if id(call) in told and not self._is_interrupted:
                    self.faults.append("a queue got a call twice")
                told[id(call)] = call
        except queue.Empty:
            self.faults.append(f"a queue got no more than {told}: {calls} {client}")
            return
        for call in calls:
            self._check(call.result(), data)

    def _check(self, reply: Any, expected: object) -> None:
        if reply != expected:
            self.faults.append("a call got another one's reply")


class AlarmError(Exception):
    """What the alarm raises."""


def main(seconds: float, alarms: bool) -> None:
    """Go through all kinds of connections, so many seconds in all, with alarms or without."""
    kinds = [(t, c, r) for t in ("tcp", "unix", "tls") for c in ("gob", "json") for r in (0, 1)]
    for number, (transport, codec, restarts) in enumerate(kinds):
        descriptors, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
        counts = Counter[str]()
        with sleeps(counts):
            stress = Stress(
                transport,
                codec,  # type: ignore[arg-type]
                seconds / len(kinds),
                restarts=bool(restarts),
                seed=number * 1000 + int(time.time()),
            )
            runner = threading.Thread(target=stress.run)
            runner.start()
            if alarms:
                stress.interrupt(AlarmError)
            runner.join()
        left = len(os.listdir("/proc/self/fd")) - descriptors, threading.active_count() - threads
        sys.stdout.write(
            f"{transport} {codec} {'restarts' * restarts}: {dict(stress.counts)}\n"
            f"  {dict(counts)}, more descriptors and threads: {left},"
            f" {len(stress.faults)} faults: {Counter(stress.faults).most_common(5)}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]), "alarms" in sys.argv)
