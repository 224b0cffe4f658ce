"""A headless Chromium, driven through the DevTools protocol over a pipe."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.timeouts import TIMEOUT_S

__all__ = ["CHROMIUM", "Page", "chromium"]

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
)

# Chromium reads from descriptor 3 and writes to 4, whatever numbers our ends have.
_ON_3_AND_4 = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class DevTools:
    """The other end of Chromium's pipe: commands there, their results back."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self._received = b""
        self._last_id = 0

    def send(self, method: str, session: str | None = None, **params: object) -> Any:
        """Carry out a command and return its result."""
        self._last_id += 1
        message: dict[str, object] = {"id": self._last_id, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while (reply := self._receive()).get("id") != self._last_id:
            pass  # an event
        assert "error" not in reply, f"{method}: {reply['error']}"
        return reply["result"]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._reading], [], [], TIMEOUT_S)
            data = os.read(self._reading, 65536) if ready else b""
            assert data, "Chromium does not answer"
            self._received += data
        message, _, self._received = self._received.partition(b"\0")
        decoded: dict[str, Any] = json.loads(message)
        return decoded


class Page:
    """A tab."""

    def __init__(self, tools: DevTools) -> None:
        self._tools = tools
        self._target = tools.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = tools.send("Target.attachToTarget", targetId=self._target, flatten=True)[
            "sessionId"
        ]

    def close(self) -> None:
        """Close the tab."""
        self._tools.send("Target.closeTarget", targetId=self._target)

    def disable_javascript(self) -> None:
        """Run no scripts of the pages that are opened from now on."""
        self._send("Emulation.setScriptExecutionDisabled", value=True)

    def prefer(self, scheme: str) -> None:
        """Prefer a ``light`` or ``dark`` colour scheme."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._send("Emulation.setEmulatedMedia", features=[feature])

    def resize(self, width: int, height: int = 900) -> None:
        """Give the tab a size, in CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._send("Emulation.setDeviceMetricsOverride", **size)

    def run_first(self, script: str) -> None:
        """Run a script in the pages that are opened from now on, before their own."""
        self._send("Page.addScriptToEvaluateOnNewDocument", source=script)

    def open(self, url: str) -> None:
        """Load a page."""
        self._send("Page.enable")
        self._send("Page.navigate", url=url)
        self.wait_for(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, as JSON has it."""
        answer = self._send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        deadline = time.monotonic() + TIMEOUT_S
        while not self.evaluate(condition):
            assert time.monotonic() < deadline, f"never true: {condition}"
            time.sleep(0.05)

    def _send(self, method: str, **params: object) -> Any:
        return self._tools.send(method, self._session, **params)


@contextmanager
def chromium(profile: str) -> Iterator[DevTools]:
    """Run a Chromium that keeps its data in the folder ``profile``."""
    assert CHROMIUM is not None
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # Away from 3 and 4, so that putting one there does not close the other.
    passed = [fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (theirs_in, theirs_out)]
    command = [sys.executable, "-c", _ON_3_AND_4, *map(str, passed)]
    process = subprocess.Popen(
        [*command, CHROMIUM, *_FLAGS, f"--user-data-dir={profile}"],
        pass_fds=passed,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for each in (theirs_in, theirs_out, *passed):
        os.close(each)
    tools = DevTools(ours_in, ours_out)
    try:
        yield tools
        tools.send("Browser.close")
        process.wait(TIMEOUT_S)
    finally:
        process.kill()
        process.wait()
        os.close(ours_in)
        os.close(ours_out)
