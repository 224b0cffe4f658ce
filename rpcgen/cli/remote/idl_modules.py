"""Generated modules of IDL files, made for one run of a command and gone after it."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from ...gen import generate, write
from ...gen.idl_text import write_idl
from ...gen.load import isolated_imports
from ...method import Method
from ...protocol.reflection import Description

__all__ = ["generated_modules", "methods_in", "methods_of_description"]

# Packages that are generated to, each of a name of its own.
_PACKAGE: Final = "_rpcgen_generated_"
_numbers: Final = count()


@contextmanager
def generated_modules(files: Sequence[str], root: Path | None = None) -> Iterator[list[ModuleType]]:
    """Import what is generated from IDL files, for as long as the context lasts.

    Args:
        files: IDL files and folders of them.
        root: Folder that the IDL's module names count from; where it is, by default, is found
            as `rpcgen.gen` finds it.

    Raises:
        GenerateError: The files are no IDL.
    """
    name = f"{_PACKAGE}{next(_numbers)}"
    # Never written to: it says where the output would be, which helps to find the root.
    place = Path.cwd() / name
    output = generate(files, place, root)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rpcgen-")))
        write(
            {folder / name / path.relative_to(place): text for path, text in output.files.items()}
        )
        for each in (*output.roots, folder):
            stack.enter_context(isolated_imports(each))
        yield [
            importlib.import_module(".".join(path.relative_to(place.parent).with_suffix("").parts))
            for path in output.files
            if path.suffix == ".py" and path.name != "__init__.py"
        ]


@contextmanager
def methods_of_description(description: Description) -> Iterator[dict[str, Method[Any, Any]]]:
    """Make methods of what a server says of itself, for as long as the context lasts.

    Args:
        description: What the server says.

    Raises:
        SchemaError: The description contradicts itself.
    """
    with tempfile.TemporaryDirectory(prefix="rpcgen-") as folder:
        file = Path(folder, "remote.py")
        file.write_text(write_idl(description, module="remote"), encoding="utf-8")
        with generated_modules([str(file)], Path(folder)) as modules:
            yield methods_in(modules)


def methods_in(modules: Sequence[ModuleType]) -> dict[str, Method[Any, Any]]:
    """Return the methods of generated modules, by their names on the wire.

    Args:
        modules: Generated modules.
    """
    found = (each for module in modules for each in vars(module).values())
    return {each.name: each for each in found if isinstance(each, Method)}
