"""Hook of the build: compiles the accelerator, and goes without where that fails.

``RPCGEN_ACCELERATOR=required`` makes a failure one of the build, ``none`` does not try.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The oldest Python whose stable ABI the accelerator keeps to.
_ABI = "cp311-abi3"


class AcceleratorHook(BuildHookInterface[Any]):
    """Adds the accelerator to a wheel, which is then for one platform."""

    _folder: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile: into the sources for an editable installation, else into the wheel alone."""
        build = _load(Path(self.root, "native", "build.py"))
        wanted = os.environ.get("RPCGEN_ACCELERATOR", "")
        if wanted == "none":
            return
        is_editable = version == "editable"
        target = Path(self.root, "rpcgen") if is_editable else self._temporary_folder()
        target /= build.FILE_NAME
        problem = build.compile_accelerator(target)
        if problem and wanted == "required":
            raise RuntimeError(f"the accelerator does not compile: {problem}")
        if problem:
            self.app.display_debug(f"without the accelerator: {problem}")
            return
        platform = self.builder_tag().rpartition("-")[2]
        build_data["pure_python"] = False
        build_data["tag"] = f"{_ABI}-{platform}"
        if not is_editable:
            build_data["force_include"][str(target)] = f"rpcgen/{build.FILE_NAME}"

    def _temporary_folder(self) -> Path:
        # One for each build: several may run in one checkout at a time.
        self._folder = tempfile.TemporaryDirectory(prefix="rpcgen-")
        return Path(self._folder.name)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was compiled: the wheel has it."""
        if self._folder is not None:
            self._folder.cleanup()

    def builder_tag(self) -> str:
        """Return the tag of wheels for this interpreter on this platform."""
        tag: str = self.build_config.builder.get_best_matching_tag()
        return tag


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_accelerator", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
