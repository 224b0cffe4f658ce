"""Processes of peers: started, asked, and ended for certain."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs
from attrs import frozen

from tests import golang

from .job import Cost, Job, Timing

__all__ = ["ROOT", "End", "Pair", "PeerError", "Process", "environment"]

ROOT = Path(__file__).parents[1]

# Maximum wait for an answer, in seconds: a job takes a fraction of it, a machine under load more.
ANSWER_TIMEOUT_S = 120.0


class PeerError(Exception):
    """A peer is not there, has failed, or is silent; the text is one line."""


@frozen
class End:
    """A server or a client: a module of `benchmarks.peers` and its API, or ``go`` and a codec.

    ``root``: the checkout that its process imports from.
    """

    module: str
    api: str
    root: Path = ROOT

    def command(self, role: str, *arguments: str) -> list[str]:
        """Return the command that starts it. Raises `PeerError` if there is no Go."""
        if self.module != "go":
            child = [sys.executable, "-m", "benchmarks.child", role, self.module, self.api]
            return [*child, *arguments]
        try:
            program = golang.build(Path(__file__).parent / "go" / "net")
        except (OSError, RuntimeError) as error:
            raise PeerError(f"no Go: {error}".splitlines()[0]) from error
        return [str(program), role, self.api, *arguments]


def environment() -> dict[str, str]:
    """Return the environment of a process that is measured.

    Python keeps what it compiles there: installed peers come compiled, and this checkout would
    be compiled again each time.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Process:
    """A process that speaks in lines of JSON; a context manager that ends it."""

    def __init__(self, command: list[str], root: Path = ROOT) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._buffer = b""
        self._process = subprocess.Popen(
            command,
            cwd=root,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is for us, and we end them
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def memory(self) -> int:
        """The bytes of memory that it holds now."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise PeerError("has ended")

    @property
    def processor(self) -> float:
        """The seconds of processor time that it has used, of all its threads."""
        # The clock of `clock_getcpuclockid` on Linux: exact, where /proc counts ticks of 10 ms.
        return time.clock_gettime((~self._process.pid << 3) | 2)

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Send a command and return the answer. Raises `PeerError`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(command).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PeerError(self._end()) from None
        return self.receive()

    def receive(self) -> dict[str, Any]:
        """Return the next answer. Raises `PeerError` if it is an error, or none comes."""
        answer: dict[str, Any] = json.loads(self._read_line())
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process: by the end of its input, or else by force."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            pass
        finally:  # Ctrl-C, too
            process.kill()
            process.wait()
            process.stdout.close()
            self._log.close()

    def _read_line(self) -> bytes:
        assert self._process.stdout is not None
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        output = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(output, select.POLLIN)
        parts = []
        while b"\n" not in self._buffer:
            parts.append(self._buffer)
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                self._process.kill()  # its answer must not be taken for that of a later command
                raise PeerError(f"has not answered for {ANSWER_TIMEOUT_S:g} s")
            self._buffer = os.read(output, 1 << 20)
            if not self._buffer:
                raise PeerError(self._end())
        last, _, self._buffer = self._buffer.partition(b"\n")
        return b"".join([*parts, last])

    def _end(self) -> str:
        """Return the last thing that it said on its standard error."""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return f"has ended: {lines[-1] if lines else 'without a word'}"


class Pair:
    """A server and a client that is connected to it, each a process; a context manager.

    ``server_start`` and ``first_reply`` are the seconds from the start of
    each process until the server listened and the client had a reply.
    """

    def __init__(self, server: End, client: End) -> None:
        serve = server.command("serve")  # building a Go program is not starting it
        start = time.perf_counter()
        self.server = Process(serve, server.root)
        try:
            self.address: str = self.server.receive()["address"]
            self.server_start = time.perf_counter() - start
            call = client.command("call", self.address)
            start = time.perf_counter()
            self.client = Process(call, client.root)
        except BaseException:
            self.server.close()
            raise
        try:
            self.client.receive()
            self.first_reply = time.perf_counter() - start
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, job: Job) -> Timing:
        """Let the client carry out a job. Raises `PeerError`."""
        return Timing(**self.client.ask(attrs.asdict(job)))

    def run_and_account(self, job: Job) -> tuple[Timing, Cost]:
        """Do the same, and return what it has taken of the processor as well."""
        client, server = self.client.processor, self.server.processor
        timing = self.run(job)
        calls = len(timing.latencies) / 1e6
        return timing, Cost(
            (self.client.processor - client) / calls, (self.server.processor - server) / calls
        )

    @property
    def processor(self) -> float:
        """The seconds of processor time that both have used."""
        return self.server.processor + self.client.processor

    def close(self) -> None:
        """End both."""
        try:
            self.client.close()
        finally:
            self.server.close()
