"""IDL files: found where the command line says, and named as Python and mypy name them."""

from __future__ import annotations

import ast
import keyword
import os
import sys
import tokenize
from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from .diagnostics import Diagnostic, Location, display_path
from .header import is_generated
from .roots import ConfigurationError, find_root

__all__ = ["RESERVED_TOP_LEVEL", "Idl", "discover", "module_name", "read_text"]

# Packages that the generator itself is made of, beside the standard library.
RESERVED_TOP_LEVEL = frozenset(["attr", "attrs", "jinja2", "markupsafe", "rpcgen"])


@frozen(order=True)
class Idl:
    """An IDL file that was asked for.

    ``root`` is the folder that its module's name counts from, ``output`` the
    path of its generated module in the output folder. ``explicit``: the
    command line names the file itself, not only its folder.
    """

    path: Path
    root: Path
    module: str
    output: Path
    explicit: bool


def discover(
    arguments: Iterable[str], root: Path | None = None, output: Path | None = None
) -> tuple[list[Idl], list[Diagnostic]]:
    """Return the IDL files that the arguments name, sorted and each once, and what is wrong.

    A folder stands for every ``*.py`` below it but ``__init__.py`` and names
    that begin with ``_`` or ``.``, and what rpcgen itself has generated. An
    ``__init__.py`` without classes is passed over beside other files.

    Args:
        arguments: Paths of files and folders.
        root: The folder that the names of modules count from; without one `find_root` finds it
            for each file.
        output: The output folder, which helps to find it.
    """
    found: dict[Path, Idl] = {}
    diagnostics: list[Diagnostic] = []
    for argument in arguments:
        path = Path(os.path.abspath(argument))
        files = _files_of(path)
        if diagnostic := _unusable(path, files):
            diagnostics.append(diagnostic)
            continue
        if root is not None and not path.is_relative_to(root):
            diagnostics.append(
                Diagnostic(
                    Location(display_path(path)),
                    f"not below {display_path(root)}, which --root names",
                )
            )
            continue
        for file in files:
            try:
                base = find_root(file, output) if root is None else root
            except ConfigurationError as error:
                diagnostics.append(error.diagnostic)
                break
            idl = _idl(file, path if path.is_dir() else path.parent, base, file == path)
            if file not in found or idl.explicit:
                found[file] = idl
    idls = _without_package_files(sorted(found.values()))
    diagnostics += [diagnostic for idl in idls if (diagnostic := _misnamed(idl))]
    return idls, diagnostics


def _without_package_files(idls: list[Idl]) -> list[Idl]:
    """Return the files without each ``__init__.py`` that ``idl/*.py`` has named, too.

    One that defines classes stays, and is refused: it may have a service.
    """
    others = [idl for idl in idls if idl.path.name != "__init__.py" or _has_classes(idl.path)]
    return others or idls


def _has_classes(path: Path) -> bool:
    try:
        tree = ast.parse(read_text(path))
    except Exception:  # whatever a parser raises: it is told when the file is refused
        return True
    return any(isinstance(node, ast.ClassDef) for node in ast.walk(tree))


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [
        file
        for file in sorted(path.rglob("*.py"))
        if file.is_file()
        and not is_generated(file)
        and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
    ]


def _unusable(path: Path, files: list[Path]) -> Diagnostic | None:
    location = Location(display_path(path))
    if not path.exists():
        return Diagnostic(location, "no such file or folder")
    if not path.is_dir() and not path.is_file():  # a pipe, which nobody may ever write to
        return Diagnostic(location, "neither a file nor a folder")
    if not files:
        return Diagnostic(location, "no IDL file in this folder", "an IDL file ends in .py")
    if path.is_file() and path.suffix != ".py":
        return Diagnostic(location, "not a Python file", "an IDL file ends in .py")
    return None


def _idl(path: Path, base: Path, root: Path, explicit: bool) -> Idl:
    parts = path.relative_to(root).parts
    # Below a folder called idl the sub-folders are kept, whatever the command line names.
    if "idl" in parts[:-1]:
        output = Path(*parts[parts.index("idl") + 1 :])
    else:
        output = path.relative_to(base)
    return Idl(path, root, module_name(path, root), output, explicit)


def _is_own(idl: Idl) -> bool:
    """Return True for an IDL of rpcgen itself, whose services come with it."""
    package = Path(__file__).parents[1]
    own = package.parent.joinpath(*idl.module.split(".")).with_suffix(".py")
    return idl.module.startswith(f"{package.name}.") and own.is_file()


def _misnamed(idl: Idl) -> Diagnostic | None:
    location = Location(display_path(idl.path))
    if idl.path.name == "__init__.py":
        return Diagnostic(
            location, "an __init__.py is not an IDL file", "move the service to a module of its own"
        )
    for part in idl.module.split("."):
        if not part.isidentifier() or keyword.iskeyword(part):
            return Diagnostic(
                location,
                f"{part!r} in its path is not a Python name, so nothing can import it",
                "rename it with letters, digits and underscores",
            )
    top = idl.module.split(".")[0]
    if (top in sys.stdlib_module_names or top in RESERVED_TOP_LEVEL) and not _is_own(idl):
        return Diagnostic(
            location,
            f"its module would be {idl.module!r}, but {top!r} is a library's",
            "rename it, or move it into a folder of your own such as idl/",
        )
    return None


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name of the module in ``path``, seen from ``root``."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_text(path: Path) -> str:
    """Return the text of a Python file, in the encoding that it declares."""
    with tokenize.open(path) as file:
        return file.read()
