"""``[tool.rpcgen]`` in ``pyproject.toml``: which IDL is generated to where."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from attrs import frozen

from .diagnostics import Diagnostic, Location, display_path

__all__ = [
    "Configuration",
    "ConfigurationError",
    "find_configuration",
    "read_configuration",
    "refused",
]

_OPTIONS: Final = ("idl", "output", "root")


class ConfigurationError(Exception):
    """A ``pyproject.toml`` that cannot be used; `diagnostic` says where and why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


@frozen
class Configuration:
    """Contents of the table; relative paths in it count from the folder of its file.

    Attributes:
        file: The ``pyproject.toml``.
        idl: IDL files and folders of them; empty if it does not say.
        output: The output folder; None if it does not say.
        root: The folder that the names of IDL modules count from; None if it does not say.
    """

    file: Path
    idl: tuple[Path, ...] = ()
    output: Path | None = None
    root: Path | None = None


def find_configuration(folder: Path) -> Configuration | None:
    """Return the table that is nearest to a folder, of its own project or one above.

    Args:
        folder: The folder, absolute.

    Returns:
        The table, None if there is none.

    Raises:
        ConfigurationError: The table cannot be used.
    """
    for each in (folder, *folder.parents):
        found = read_configuration(each / "pyproject.toml")
        if found is not None:
            return found
    return None


def read_configuration(file: Path) -> Configuration | None:
    """Return the table of a ``pyproject.toml``.

    Args:
        file: The file, absolute.

    Returns:
        The table, None if there is no such file, or none in it.

    Raises:
        ConfigurationError: The file cannot be read, or the table cannot be used.
    """
    if not file.is_file():
        return None
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refused(file, f"cannot be read: {error}", "correct it, or say --root") from None
    tool = document.get("tool")
    table = tool.get("rpcgen") if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise refused(
            file,
            "[tool.rpcgen] is no table, so its root is not a string",
            'write [tool.rpcgen], and below it root = "src"',
        )
    for name in table:
        if name not in _OPTIONS:
            hint = f"there are {', '.join(_OPTIONS)}"
            raise refused(file, f"[tool.rpcgen] has no option {name!r}", hint)
    return Configuration(
        file,
        tuple(_folder_of(file, each) for each in _texts(file, table.get("idl", []))),
        _path(file, "output", table.get("output")),
        _path(file, "root", table.get("root")),
    )


def refused(file: Path, reason: str, hint: str) -> ConfigurationError:
    """Return the error for a ``pyproject.toml`` that cannot be used.

    Args:
        file: The file.
        reason: What is wrong.
        hint: What to write instead.
    """
    return ConfigurationError(Diagnostic(Location(display_path(file)), reason, hint))


def _texts(file: Path, value: object) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise refused(
            file,
            "[tool.rpcgen] idl is neither a string nor a list of strings",
            'write idl = "idl", or idl = ["idl", "more/idl.py"]',
        )
    return texts


def _path(file: Path, name: str, value: object) -> Path | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise refused(
            file, f"[tool.rpcgen] {name} is not a string", f'write {name} = "src" or another folder'
        )
    return _folder_of(file, value)


def _folder_of(file: Path, path: str) -> Path:
    return Path(*(file.parent / path).parts)
