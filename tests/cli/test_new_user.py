"""What a new user does: install the wheel, make a project, serve it and call it."""

from __future__ import annotations

import os
import subprocess
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.timeouts import PROGRAM_TIMEOUT_S

from .serving import Serving

# The session `wheel` of noxfile.py says where the wheel is that it has built.
WHEEL = os.environ.get("RPCGEN_WHEEL")

pytestmark = pytest.mark.skipif(WHEEL is None, reason="there is no wheel: RPCGEN_WHEEL names one")


class User:
    """Somebody in a folder of their own, with an environment that has nothing but pip."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scripts = folder / "venv" / "bin"
        venv.create(folder / "venv", with_pip=True)
        kept = ("HOME", "TMPDIR", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "HTTPS_PROXY", "https_proxy")
        self.environment: Mapping[str, str] = {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "PATH": f"{self.scripts}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "LC_ALL": "C.UTF-8",
        }

    def run(self, *command: str) -> str:
        """Run a command, which goes well, and return what it prints."""
        done = subprocess.run(
            [self.scripts / command[0], *command[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PROGRAM_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.mark.timeout(400)
def test_new_user_has_a_served_call_at_once(tmp_path: Path) -> None:
    user = User(tmp_path)
    user.run("pip", "install", "--quiet", f"{WHEEL}[cli]", "mypy", "pytest")
    assert "next:" in user.run("rpcgen", "init", "demo")
    user.folder = tmp_path / "demo"
    assert user.run("rpcgen", "--check") == "3 files are up to date\n"
    assert "3 passed" in user.run("python", "-m", "pytest", "-q")
    assert "Success" in user.run("mypy", ".")
    command = [str(user.scripts / "rpcgen")]
    arguments = ("server:Greetings", "--listen", "127.0.0.1:0", "--reflection")
    alone = {"PYTHONPATH": ""}  # what is installed, and not this checkout
    with Serving(*arguments, command=command, folder=user.folder, environment=alone) as serving:
        address = serving.ready()
        assert "Greet(Name string, Times int) greeter.Greeting" in user.run(
            "rpcgen", "list", address
        )
        call = (address, "Greeter.Greet", '{"name": "Ada"}')
        assert '"Text": "Hello, Ada!"' in user.run("rpcgen", "call", *call)
        assert user.run("python", "client.py", "Ada", address).startswith("Hello, Ada!")
        assert user.run("rpcgen", "bench", *call, "-n", "100").startswith("100 calls of ")
        assert serving.stop() == 0
