"""The processes of ``peer/``, stock Go that serves and calls, and of ``forks/``, which cancels."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from attrs import frozen

from tests.golang import build
from tests.support.timeouts import TIMEOUT_S

__all__ = ["Answer", "ForkClient", "ForkServer", "GoClient", "GoServer"]

# For whatever Go has to do, in seconds: long enough for a machine under load.


class GoPeer:
    """A running program, which is spoken with in lines of JSON; a context manager that ends it."""

    def __init__(self, mode: str, folder: str = "peer", program: Path | None = None) -> None:
        program = program or build(Path(__file__).with_name(folder))
        self._folder = tempfile.TemporaryDirectory(prefix="rpcgen-")
        self._log = Path(self._folder.name, "stderr.txt")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, mode],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                bufsize=1,
                env={**os.environ, "TMPDIR": self._folder.name},
            )
        self._lines: queue.Queue[str] = queue.Queue()
        # A thread reads, so that a wait for a line can have an end.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process: by the end of its standard input, or else by force."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it has ended already
            self._process.stdin.close()
        try:
            self._process.wait(TIMEOUT_S)
        finally:
            self.kill()
            self._process.stdout.close()
            self._folder.cleanup()

    def kill(self) -> None:
        """End the process at once, in the middle of whatever it does."""
        self._process.kill()
        self._process.wait(TIMEOUT_S)
        self._reader.join(TIMEOUT_S)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")  # the end

    def _receive(self) -> Any:
        """Return the next line. Raises `AssertionError`, with what Go logged, if none comes."""
        try:
            line = self._lines.get(timeout=TIMEOUT_S)
        except queue.Empty:
            raise AssertionError(f"the Go peer is silent; it logged:\n{self._logged()}") from None
        if not line:
            status = self._process.wait(TIMEOUT_S)
            raise AssertionError(f"the Go peer ended with {status}; it logged:\n{self._logged()}")
        return json.loads(line)

    def _logged(self) -> str:
        return self._log.read_text()

    def _send(self, command: dict[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")


class GoServer(GoPeer):
    """A stock Go server. ``tcp``, ``unix``, ``http``, ``json``: where it serves what."""

    def __init__(self) -> None:
        super().__init__("serve")
        addresses = self._receive()
        self.tcp: str = addresses["tcp"]
        self.unix: str = addresses["unix"]
        self.http: str = addresses["http"]
        self.json: str = addresses["json"]


@frozen
class Answer:
    """How a command ended; ``error`` is empty where it went well, ``kind`` its type in Go."""

    reply: Any = None
    error: str = ""
    kind: str = ""
    name: str = ""


class GoClient(GoPeer):
    """A stock Go client. Each method is a command of ``peer/client.go``, and waits for its end."""

    def __init__(self, address: str, network: str = "tcp", protocol: str = "gob") -> None:
        super().__init__("call")
        dialled = self.do("dial", address=address, network=network, protocol=protocol)
        if dialled.error:
            self.stop()
            raise AssertionError(dialled.error)

    def do(self, op: str, **details: object) -> Answer:
        """Carry out a command."""
        self._send({"op": op, **details})
        return Answer(**self._receive())

    def call(self, method: str, args: object, name: str = "") -> Answer:
        """Call a method; ``name`` picks odd arguments instead of ``args``."""
        return self.do("call", method=method, args=args, name=name)

    def go(self, name: str, method: str, args: object) -> None:
        """Start a call, without waiting for its reply."""
        self.do("go", name=name, method=method, args=args)

    def done(self) -> Answer:
        """Wait for the next of the started calls that ends."""
        return self.do("done")

    def flood(self, count: int) -> Answer:
        """Multiply ``count`` pairs, all in flight at once; the reply says how many were right."""
        return self.do("flood", count=count)

    def sample(self, method: str, name: str) -> Answer:
        """Send the ``zero`` or ``full`` sample of a Kinds method; the reply says what differs."""
        return self.do("sample", method=method, name=name)

    def tally(self, method: str, count: int) -> Answer:
        """Call with each number below ``count``, all in flight at once, until all have ended.

        The reply says how many calls came back with their own number.
        """
        return self.do("tally", method=method, count=count)

    def echo(self, count: int) -> Answer:
        """Send ``count`` bytes there and back; the reply says how many came back as they were."""
        return self.do("echo", count=count)

    def half_close(self) -> Answer:
        """Send no more, but go on receiving."""
        return self.do("halfclose")

    def close(self) -> Answer:
        """Close the client."""
        return self.do("close")


class ForkServer(GoPeer):
    """A Go server that can cancel calls. ``addresses``: where it is, by the codec."""

    def __init__(self) -> None:
        super().__init__("serve", "forks")
        found = self._receive()
        self.addresses: dict[str, str] = {"gob": found["tcp"], "json": found["json"]}


class ForkClient(GoPeer):
    """A Go client that can cancel calls. Each method is a command of ``forks/client.go``."""

    def __init__(self, address: str, protocol: str) -> None:
        super().__init__("call", "forks")
        self._do("dial", address=address, protocol=protocol)

    def _do(self, op: str, **details: object) -> Answer:
        self._send({"op": op, **details})
        return Answer(**self._receive())

    def call(self, method: str, args: object) -> Answer:
        """Call a method."""
        return self._do("call", method=method, args=args)

    def go(self, name: str, method: str, args: object) -> None:
        """Start a call, without waiting for its reply."""
        self._do("go", name=name, method=method, args=args)

    def cancel(self, name: str) -> Answer:
        """Cancel a started call; the reply is what the server says of that."""
        return self._do("cancel", name=name)

    def dropped(self) -> Answer:
        """Wait for the answer of a cancelled call, which the client drops."""
        return self._do("dropped")

    def ping(self) -> Answer:
        """Cancel what there never is."""
        return self._do("ping")

    def burst(self, name: str, count: int) -> Answer:
        """Send calls of ``Life.Hold`` by turns, each in one packet with its cancel.

        The reply says how many were answered.
        """
        return self._do("burst", name=name, count=count)
