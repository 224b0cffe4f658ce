"""A reader of the documentation, who writes its files and types its commands."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from attrs import frozen

from tests import golang
from tests.support.sockets import free_port
from tests.support.timeouts import PROGRAM_TIMEOUT_S

__all__ = ["Block", "Reader", "blocks_of"]

ROOT = Path(__file__).parents[2]


@frozen
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str

    @property
    def runs_a_program(self) -> bool:
        """True if commands other than ``rpcgen`` are typed."""
        return self.language == "console" and not self.text.startswith("$ rpcgen ")


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in their order."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(), re.M | re.S)
    return [Block(*each) for each in found]


class Reader:
    """Somebody who follows a page in an empty folder: writes its files and types its commands.

    The first line of a file's block is a comment that names it; a block without one is no file.
    The ports 1234 and 1235 stand for free ones, on which the first and the second command that
    ends in ``&`` listen.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ports = {port: str(free_port()) for port in ("1234", "1235")}
        self._servers: list[subprocess.Popen[bytes]] = []
        self._environment = {**os.environ, **golang.environment(), "PYTHONPATH": str(ROOT)}
        scripts = sysconfig.get_path("scripts")
        self._environment["PATH"] = f"{scripts}{os.pathsep}{self._environment['PATH']}"

    def follow(self, block: Block) -> None:
        if block.language in ("python", "go"):
            self._write(block.text)
        elif block.language == "console":
            self._type(block.text)

    def stop(self) -> None:
        for server in self._servers:
            server.kill()
            server.wait(PROGRAM_TIMEOUT_S)

    def _write(self, text: str) -> None:
        name = text.split("\n", 1)[0].lstrip("#/ ")
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(self._with_free_ports(text))

    def _type(self, text: str) -> None:
        for step in re.split(r"^\$ ", text, flags=re.M)[1:]:
            command, _, expected = step.partition("\n")
            if command.endswith(" &"):
                self._start(command.removesuffix(" &"))
            else:
                assert (command, self._run(command)) == (command, expected)

    def _start(self, command: str) -> None:
        self._servers.append(
            subprocess.Popen(self._words(command), cwd=self._folder, env=self._environment)
        )
        wait_for_port(int(list(self.ports.values())[len(self._servers) - 1]))

    def _run(self, command: str) -> str:
        done = subprocess.run(
            self._words(command),
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            timeout=PROGRAM_TIMEOUT_S,
            check=True,
            text=True,
        )
        return done.stdout

    def _words(self, command: str) -> list[str]:
        words = shlex.split(self._with_free_ports(command))
        if words[0] in ("python", "rpcgen"):
            module = ["-m", "rpcgen.cli"] if words[0] == "rpcgen" else []
            return [sys.executable, *module, *words[1:]]
        return words

    def _with_free_ports(self, text: str) -> str:
        for port, free in self.ports.items():
            text = text.replace(f":{port}", f":{free}")
        return text


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PROGRAM_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nobody listens on port {port}")
