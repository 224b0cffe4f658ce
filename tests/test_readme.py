"""The README's blocks, run as a reader would run them: files are written, commands are typed."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from tests import golang
from tests.support.timeouts import PROGRAM_TIMEOUT_S

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@frozen
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str


BLOCKS = [Block(*match) for match in re.findall(r"^```(\w+)\n(.*?)^```$", README, re.M | re.S)]


class Reader:
    """Somebody who follows the README in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {port: str(free_port()) for port in ("1234", "1235")}
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
                assert self._run(command) == expected

    def _start(self, command: str) -> None:
        self._servers.append(
            subprocess.Popen(self._words(command), cwd=self._folder, env=self._environment)
        )
        wait_for_port(int(list(self._ports.values())[len(self._servers) - 1]))

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
        for port, free in self._ports.items():
            text = text.replace(f":{port}", f":{free}")
        return text


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


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


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.stop()


def test_blocks_do_what_they_say(reader: Reader) -> None:
    for block in BLOCKS:
        reader.follow(block)


def test_idl_of_the_tour_is_the_one_in_the_repository() -> None:
    (idl,) = [block.text for block in BLOCKS if block.text.startswith("# idl/arith.py")]
    fields = re.compile(r"^    (?:def )?\w+[:(].*$", re.M)
    ours = fields.findall((ROOT / "idl" / "arith.py").read_text())
    assert [line.removesuffix(" ...") for line in fields.findall(idl)] == ours


def test_commands_are_the_two_of_the_fresh_machine() -> None:
    commands = [block.text.strip() for block in BLOCKS if block.language == "sh"]
    assert commands == [
        "pip install . && rpcgen idl/arith.py -o generated/",
        "pip install '.[test]' && python -m pytest",
    ]


@pytest.mark.parametrize("link", re.findall(r"\]\(([^):]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
