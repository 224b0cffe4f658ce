"""The folder that the names of IDL modules count from: told by the files, wherever one stands."""

from __future__ import annotations

import tomllib
from pathlib import Path

from .diagnostics import Diagnostic, Location, display_path

__all__ = ["ConfigurationError", "find_root"]

# Files that lie in the topmost folder of a project.
_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg")


class ConfigurationError(Exception):
    """A ``pyproject.toml`` that cannot be used; `diagnostic` says where and why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


def find_root(path: Path, output: Path | None = None) -> Path:
    """Return the folder that an IDL file is imported from, as Python and mypy would.

    It depends on the files around it and on the ``output`` folder alone, never
    on the working directory, so that the same output comes from anywhere:

    - ``root`` in ``[tool.rpcgen]`` of the project's ``pyproject.toml``;
    - above the topmost package that the file is in;
    - the folder ``src`` of the project, or the project's own;
    - without a project, the folder above ``idl``; or what the file and the
      output have in common; or the file's own.

    Args:
        path: the IDL file, absolute.
        output: the folder that is generated to, absolute.

    Raises:
        ConfigurationError: if the ``pyproject.toml`` cannot be read, or names
            a folder that the file is not below.
    """
    project = _project(path)
    if project is not None and (told := _configured(project / "pyproject.toml", path)):
        return told
    if (package := _package(path, project)) is not None:
        return _above(package)
    base = project if project is not None else _base(path, output)
    source = base / "src"
    if project is not None and path.is_relative_to(source):
        base = source
    # Nothing is imported through a folder whose name is not one in Python.
    unnamed = [each for each in path.parents if not each.name.isidentifier()]
    return next((each for each in unnamed if each.is_relative_to(base)), base)


def _project(path: Path) -> Path | None:
    """Return the folder of the project that a file belongs to, if there is one."""
    for folder in path.parents:
        if any((folder / marker).exists() for marker in _MARKERS):
            return folder
    return None


def _configured(configuration: Path, path: Path) -> Path | None:
    if not configuration.is_file():
        return None
    try:
        table = tomllib.loads(configuration.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        hint = "correct it, or say --root"
        raise _refused(configuration, f"cannot be read: {error}", hint) from None
    tool = table.get("tool")
    options = tool.get("rpcgen") if isinstance(tool, dict) else None
    if options is None:
        return None
    unknown = sorted(set(options) - {"root"}) if isinstance(options, dict) else []
    if unknown:
        raise _refused(
            configuration, f"[tool.rpcgen] has no option {unknown[0]!r}", "there is: root"
        )
    root = options.get("root", ".") if isinstance(options, dict) else None
    if not isinstance(root, str):
        raise _refused(
            configuration,
            "[tool.rpcgen] root is not a string",
            'write root = "src" or another folder',
        )
    folder = Path(*(configuration.parent / root).parts)
    if not path.is_relative_to(folder):
        raise _refused(
            configuration,
            f"[tool.rpcgen] root is {root!r}, and {display_path(path)} is not below that",
            "name a folder above all IDL files, or say --root",
        )
    return folder


def _refused(configuration: Path, reason: str, hint: str) -> ConfigurationError:
    return ConfigurationError(Diagnostic(Location(display_path(configuration)), reason, hint))


def _package(path: Path, project: Path | None) -> Path | None:
    """Return the package that a file is in, or in a plain folder of."""
    for folder in path.parents:
        if (folder / "__init__.py").is_file():
            return folder
        if folder == project:
            break
    return None


def _above(package: Path) -> Path:
    while (package / "__init__.py").is_file() and package != package.parent:
        package = package.parent
    return package


def _base(path: Path, output: Path | None) -> Path:
    """Return the folder to count from where no project is to be seen."""
    for folder in path.parents:
        if folder.name == "idl":
            return folder.parent
    if output is not None:
        common = next(each for each in output.parents if path.is_relative_to(each))
        # Higher up, what both have in common is the machine's, and says nothing.
        if len(common.parts) > 2 and common not in (Path.home(), *Path.home().parents):
            return common
    return path.parent
