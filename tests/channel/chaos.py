"""Chaos: three servers that are killed, drained and begun again in turn, under load.

Threads and tasks call through a channel of each API. Each call ends, once; none is carried out
twice unless its method is idempotent; one that succeeds was carried out; one whose error says
that it was not started was not. Where servers are only drained, no call fails at all.

    python -m tests.channel.chaos --calls 100000

makes so many calls with drains alone, and as many with kills, half of each in each codec, and
prints how they have ended.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count, product
from pathlib import Path
from typing import Final

from attrs import define, field

import rpcgen
from rpcgen import CallOptions, ChannelOptions, Code, Reconnect, Retry, RpcError, aio
from rpcgen.protocol import CodecName
from tests.support.sockets import free_port
from tests.support.timeouts import TIMEOUT_S

from .chaos_server import FIND, MARK, RECORD, Work

__all__ = ["Chaos", "Server", "run_all"]

_THREADS: Final = 4
_TASKS: Final = 12

_CODECS: Final[tuple[CodecName, ...]] = ("gob", "json")

# How long calls take, in seconds; nearly all of them no time.
_SECONDS: Final = (0.0,) * 30 + (0.001, 0.005, 0.02)


class Server:
    """A server in a process, which is begun again at the same place."""

    def __init__(self, api: str, address: str, codec: str, path: Path) -> None:
        self._command = [sys.executable, "-m", "tests.channel.chaos_server", api, address, codec]
        self._command.append(str(path))
        self.address = address
        self._process = self._begin()

    def _begin(self) -> subprocess.Popen[str]:
        return subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)

    def wait_ready(self) -> None:
        """Wait until it listens."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", f"no server at {self.address}"

    def end(self, how: signal.Signals) -> None:
        """Kill or drain it, and wait for its end."""
        self._process.send_signal(how)
        self._process.wait(2 * TIMEOUT_S)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def restart(self) -> None:
        """Begin it again, after its end."""
        self._process = self._begin()
        self.wait_ready()


@define(eq=False)
class _Ledger:
    """How calls have ended, and what was wrong with that."""

    counts: Counter[str] = field(factory=Counter)
    faults: list[str] = field(factory=list)
    ended: dict[int, RpcError | None] = field(factory=dict)
    codes: tuple[Code, ...] = (Code.UNAVAILABLE,)

    def end(self, number: int, reply: int | None, error: RpcError | None) -> None:
        """Take the end of a call."""
        if number in self.ended:
            self.faults.append(f"ended twice: {number}")
        if error is None and reply != number:
            self.faults.append(f"not its own reply: {number} got {reply}")
        self.ended[number] = error
        self.counts["replies" if error is None else type(error).__name__] += 1

    def compare(self, carried_out: Counter[int]) -> None:
        """Compare how calls have ended with what the servers have done."""
        for number, error in self.ended.items():
            times = carried_out[number]
            if times > 1 and not is_idempotent(number):
                self.faults.append(f"carried out {times} times: {number}, {error!r}")
            if error is None and not times:
                self.faults.append(f"succeeded, but not carried out: {number}")
            if error is not None and error.started is False and times:
                self.faults.append(f"not started, but carried out: {number}, {error!r}")
            if error is not None and error.code not in self.codes:
                self.faults.append(f"no error that belongs here: {number}, {error!r}")


def is_idempotent(number: int) -> bool:
    """Return True for a call whose method is idempotent: every fourth."""
    return number % 4 == 0


class Chaos:
    """A number of calls.

    Args:
        calls: Number of calls.
        seed: What the random numbers begin with.
        codec: What is spoken.
        kills: True to kill every other server instead of draining it.
        restarts: Number of restarts before which calls do not end, even if they are enough.
    """

    def __init__(
        self, calls: int, seed: int, codec: CodecName, *, kills: bool, restarts: int = 3
    ) -> None:
        self.ledger = _Ledger()
        self._calls = calls
        self._chance = random.Random(seed)
        self._codec: CodecName = codec
        self._kills = kills
        self._restarts_left = restarts
        self._numbers = count()
        self._begun = 0
        self._over = threading.Event()
        # Seconds from one restart to the next, at least and at most.
        self._pause = (0.0, 0.2)

    def run(self) -> None:
        """Do it, and take note of what was wrong."""
        with tempfile.TemporaryDirectory(prefix="chaos") as name:
            folder = Path(name)
            record = folder / "record"
            record.touch()
            places = self._places(folder)
            apis = ("sync", "sync", "asyncio")
            servers = [
                Server(api, place, self._codec, record)
                for api, place in zip(apis, places, strict=True)
            ]
            for server in servers:
                server.wait_ready()
            restarts = threading.Thread(target=self._restart, args=(servers,), daemon=True)
            restarts.start()
            try:
                self._call_all(list(dict.fromkeys(places)))
            finally:
                self._over.set()
                restarts.join(4 * TIMEOUT_S)
                for server in servers:
                    server.end(signal.SIGTERM)
            carried_out = Counter(number for (number,) in RECORD.iter_unpack(record.read_bytes()))
        self.ledger.compare(carried_out)
        missing = self._begun - len(self.ledger.ended)
        if missing:
            self.ledger.faults.append(f"{missing} calls never ended")
        if not self._kills:
            failed = [repr(error) for error in self.ledger.ended.values() if error is not None]
            self.ledger.faults += [f"a call failed: {error}" for error in failed]

    def _places(self, folder: Path) -> list[str]:
        """Return the addresses of the servers."""
        return [
            f"tcp://127.0.0.1:{free_port()}",
            f"unix://{folder}/s",
            f"tcp://127.0.0.1:{free_port()}",
        ]

    def _restart(self, servers: list[Server]) -> None:
        try:
            for turn in count():
                if self._over.wait(self._chance.uniform(*self._pause)):
                    return
                self._restart_one(turn, servers)
                self._restarts_left -= 1
        except BaseException:
            self.ledger.faults.append(f"restarting: {traceback.format_exc()}")
            self._over.set()

    def _restart_one(self, turn: int, servers: list[Server]) -> None:
        server = servers[turn % len(servers)]
        is_kill = self._kills and turn % 2 == 0
        server.end(signal.SIGKILL if is_kill else signal.SIGTERM)
        server.restart()
        self.ledger.counts["kills" if is_kill else "drains"] += 1

    # --- callers ---------------------------------------------------------------------------------

    def _call_all(self, places: list[str]) -> None:
        options = self._dial_options()
        with rpcgen.dial(places, **options) as channel:
            threads = [
                threading.Thread(target=self._thread, args=(channel, seed), daemon=True)
                for seed in range(_THREADS)
            ]
            for thread in threads:
                thread.start()
            asyncio.run(self._tasks(places, options))
            for thread in threads:
                thread.join(4 * TIMEOUT_S)

    def _dial_options(self) -> ChannelOptions:
        return {
            "codec": self._codec,
            "reconnect": Reconnect(),
            "connections": 2,
            "retry": Retry(),
        }

    def _options(self, chance: random.Random) -> CallOptions:
        """Draw how a call is made: as Go's net/rpc has it, or with more."""
        return {} if chance.random() < 0.7 else {"timeout": 2 * TIMEOUT_S, "metadata": {"a": "b"}}

    def _next(self) -> int | None:
        if self._over.is_set() or (self._begun >= self._calls and self._restarts_left <= 0):
            return None
        number = next(self._numbers)
        self._begun = max(self._begun, number + 1)
        return number

    def _thread(self, channel: rpcgen.Channel, seed: int) -> None:
        chance = random.Random(f"thread {seed}")
        while (number := self._next()) is not None:
            method = FIND if is_idempotent(number) else MARK
            work, options = Work(number, chance.choice(_SECONDS)), self._options(chance)
            try:
                if chance.random() < 0.2:
                    reply = channel.go(method, work, **options).result(TIMEOUT_S)
                else:
                    reply = channel.call(method, work, **options)
            except RpcError as error:
                self.ledger.end(number, None, error)
            except BaseException:
                self.ledger.faults.append(traceback.format_exc())
                raise
            else:
                self.ledger.end(number, reply, None)

    async def _tasks(self, places: list[str], options: ChannelOptions) -> None:
        async with aio.dial(places, **options) as channel:
            await asyncio.gather(*[self._task(channel, seed) for seed in range(_TASKS)])

    async def _task(self, channel: aio.Channel, seed: int) -> None:
        chance = random.Random(f"task {seed}")
        while (number := self._next()) is not None:
            method = FIND if is_idempotent(number) else MARK
            work, options = Work(number, chance.choice(_SECONDS)), self._options(chance)
            try:
                if chance.random() < 0.2:
                    reply = await channel.go(method, work, **options).result(TIMEOUT_S)
                else:
                    reply = await channel.call(method, work, **options)
            except RpcError as error:
                self.ledger.end(number, None, error)
            else:
                self.ledger.end(number, reply, None)


def run_all(forms: Mapping[str, Callable[[int, int], Chaos]], arguments: list[str]) -> int:
    """Make the calls that the command line asks for; return the exit status.

    Args:
        forms: What makes each form of a chaos of its numbers of calls and its seed.
        arguments: The command line.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="part of a name, such as drains")
    chosen = parser.parse_args(arguments)
    faults = 0
    for name, make in forms.items():
        if chosen.only in name:
            chaos = make(chosen.calls // 2, chosen.seed)
            begin = time.monotonic()
            chaos.run()
            took = time.monotonic() - begin
            ends = ", ".join(f"{n} {name}" for name, n in sorted(chaos.ledger.counts.items()))
            sys.stdout.write(f"{name}: {took:.0f} s, {ends}\n")
            for fault in chaos.ledger.faults[:20]:
                sys.stdout.write(f"  FAULT {fault}\n")
            sys.stdout.flush()
            faults += len(chaos.ledger.faults)
    sys.stdout.write(f"in all: {faults} faults\n")
    return 1 if faults else 0


def _form(kind: str, codec: CodecName) -> Callable[[int, int], Chaos]:
    return lambda calls, seed: Chaos(calls, seed, codec, kills=kind == "kills")


_FORMS: Final = {
    f"{kind}-{codec}": _form(kind, codec) for kind, codec in product(("drains", "kills"), _CODECS)
}


if __name__ == "__main__":
    sys.exit(run_all(_FORMS, sys.argv[1:]))
