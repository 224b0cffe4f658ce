"""``rpcgen init DIR``: a new project, with all that a service, a server and a client need."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from .. import gen
from ..errors import GenerateError
from ..gen.diagnostics import display_path
from .console import say, tell
from .failures import FAILED, USAGE, Failure

__all__ = ["command"]

# Files of a new project, and what they are made of.
_TEMPLATES: Final = {
    ".gitattributes": "gitattributes",
    ".github/workflows/ci.yml": "ci.yml",
    ".gitignore": "gitignore",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    "README.md": "README.md",
    "client.py": "client.py",
    "idl/greeter.py": "greeter_idl.py",
    "pyproject.toml": "pyproject.toml",
    "server.py": "server.py",
    "tests/test_greeter.py": "test_greeter.py",
}

_NEXT: Final = """
next:
  cd {folder}
  python -m pytest
  rpcgen serve server:Greetings --listen 127.0.0.1:1234 --reflection &
  rpcgen call 127.0.0.1:1234 Greeter.Greet '{{"name": "world"}}'"""


@click.command("init", short_help="Make a new project: IDL, server, client, tests, CI.")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", help="Name of the project [that of DIR].")
def command(folder: Path, name: str | None) -> int:
    """Make a new project in DIR that works at once.

    It has an IDL and what is generated from it, a server, a client, tests, a pyproject.toml with
    [tool.rpcgen], checks for GitHub's CI, and a hook for pre-commit. No file is overwritten.
    """
    taken = [each for each in (*_TEMPLATES, "generated") if (folder / each).exists()]
    if taken:
        raise Failure(
            f"{folder} has {', '.join(taken)} already", "name a folder that is new", USAGE
        )
    texts = {each: _text(template) for each, template in _TEMPLATES.items()}
    project = name or _project_name(folder)
    try:
        for place, text in texts.items():
            _write(folder / place, text.replace("{{name}}", project))
        output = gen.generate([str(folder / "idl")], (folder / "generated").absolute())
        written = gen.write(output.files)
    except GenerateError as error:  # as where a file above the folder says another root
        tell(f"{error}")
        return FAILED
    except OSError as error:
        raise Failure(f"{error}") from error
    for path in (*map(folder.__truediv__, texts), *written):
        say(f"wrote {display_path(path)}")
    say(_NEXT.format(folder=folder))
    return 0


def _text(template: str) -> str:
    place = files(__package__) / "project" / f"{template}.tmpl"
    return place.read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def _project_name(folder: Path) -> str:
    """Return the name of a folder as far as a project may be called so."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", folder.absolute().name).strip("-._") or "service"
