"""Compile the accelerator: ``python native/build.py`` puts it beside the sources of the package.

``CC`` and ``CFLAGS`` are those of any compilation; ``python native/build.py --sanitize`` has
AddressSanitizer and UndefinedBehaviorSanitizer look over it.
"""

# ruff: noqa: T201 - a command, which prints

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["FILE_NAME", "compile_accelerator"]

FILE_NAME = "_accelerator.abi3.so"

_SOURCES = Path(__file__).parent
_PACKAGE = _SOURCES.parent / "rpcgen"

_FLAGS = ("-O3", "-DNDEBUG", "-fPIC", "-fvisibility=hidden", "-std=c11", "-flto")
_SANITIZERS = (
    *("-O1", "-g", "-fPIC", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fno-omit-frame-pointer"),
    *("-Wno-unused-parameter", "-Wno-missing-field-initializers", "-Wno-cast-function-type"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
)


def compile_accelerator(target: Path, flags: Sequence[str] = _FLAGS) -> str:
    """Compile the accelerator, without ``-flto`` where the compiler does not know it.

    Args:
        target: File to write; unless all goes well, there is none afterwards.
        flags: Options of the compiler.

    Returns:
        What went wrong, empty if nothing did.
    """
    target.unlink(missing_ok=True)
    if sys.implementation.name != "cpython":
        return "the accelerator is for CPython"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "free-threaded builds have no stable ABI"
    linker = shlex.split(sysconfig.get_config_var("LDSHARED") or "cc -shared")
    if "CC" in os.environ:
        linker = [*shlex.split(os.environ["CC"]), *linker[1:]]
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, FILE_NAME)
        problem = _run(linker, flags, made)
        if problem and "-flto" in flags:
            problem = _run(linker, [flag for flag in flags if flag != "-flto"], made)
        if problem:
            return problem
        target.parent.mkdir(parents=True, exist_ok=True)
        # Written anew and put into place at once: a process may have the old file mapped.
        beside = target.with_suffix(f".{os.getpid()}")
        beside.write_bytes(made.read_bytes())
        beside.chmod(0o755)
        beside.replace(target)
    return ""


def _run(linker: Sequence[str], flags: Sequence[str], made: Path) -> str:
    """Run the compiler; return what went wrong."""
    command = [
        *linker,
        *flags,
        *shlex.split(os.environ.get("CFLAGS", "")),
        *shlex.split(os.environ.get("ARCHFLAGS", "")),  # of macOS
        f"-I{sysconfig.get_path('include')}",
        *sorted(map(str, _SOURCES.glob("*.c"))),
        *("-o", str(made)),
    ]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    if run.returncode or not made.exists():
        return f"{shlex.join(command)}: {run.stderr or 'it failed'}"
    return ""


if __name__ == "__main__":
    problem = compile_accelerator(
        _PACKAGE / FILE_NAME, _SANITIZERS if "--sanitize" in sys.argv[1:] else _FLAGS
    )
    print(problem or f"compiled {_PACKAGE / FILE_NAME}")
    sys.exit(1 if problem else 0)
