"""Tests of `rpcgen.gen.golang.read.modules`."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpcgen.gen.golang.read.modules import Modules


def make(root: Path, *files: str) -> None:
    for each in files:
        path = root / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("package p\n")


def module(root: Path, text: str) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / "go.mod").write_text(text)


def test_package_of_the_module_is_below_it(tmp_path: Path) -> None:
    module(tmp_path, "module example.com/m // a comment\n\ngo 1.24\n")
    make(tmp_path, "a/b/b.go")
    assert Modules().find("example.com/m/a/b", tmp_path / "a") == tmp_path / "a/b"


def test_package_of_a_vendor_folder_comes_first(tmp_path: Path) -> None:
    module(tmp_path, "module example.com/m\n")
    make(tmp_path, "a/a.go", "vendor/example.com/m/a/a.go")
    found = Modules().find("example.com/m/a", tmp_path / "b")
    assert found == tmp_path / "vendor/example.com/m/a"


@pytest.mark.parametrize(
    "replace",
    [
        "replace example.com/other => ../other\n",
        "replace example.com/other v1.2.3 => ../other\n",
        "replace (\n\texample.com/x => ../x\n\texample.com/other => ../other // why\n)\n",
        'replace "example.com/other" => "../other"\n',
        "replace example.com/other v1.2.3 => `../other`\n",
    ],
)
def test_package_that_is_replaced_is_where_the_file_says(tmp_path: Path, replace: str) -> None:
    module(tmp_path / "m", f"module example.com/m\n\n{replace}")
    make(tmp_path, "other/a/a.go")
    assert Modules().find("example.com/other/a", tmp_path / "m") == tmp_path / "other/a"


def test_package_of_a_version_is_in_the_module_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    module(tmp_path / "m", "module m\n\nrequire (\n\texample.com/Upper v1.2.3 // indirect\n)\n")
    make(tmp_path, "cache/example.com/!upper@v1.2.3/a/a.go")
    found = Modules().find("example.com/Upper/a", tmp_path / "m")
    assert found == tmp_path / "cache/example.com/!upper@v1.2.3/a"


def test_package_that_is_replaced_by_a_version_is_in_the_module_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "cache"))
    module(tmp_path / "m", "module m\n\nreplace example.com/a => example.com/fork v0.1.0\n")
    make(tmp_path, "cache/example.com/fork@v0.1.0/a.go")
    found = Modules().find("example.com/a", tmp_path / "m")
    assert found == tmp_path / "cache/example.com/fork@v0.1.0"


def test_package_of_a_workspace_is_in_another_module(tmp_path: Path) -> None:
    (tmp_path / "go.work").write_text("go 1.24\n\nuse (\n\t./m\n\t./n\n)\n")
    module(tmp_path / "m", "module example.com/m\n")
    module(tmp_path / "n", "module example.com/n\n")
    make(tmp_path, "n/a/a.go")
    assert Modules().find("example.com/n/a", tmp_path / "m") == tmp_path / "n/a"


def test_package_that_a_workspace_replaces_is_where_its_file_says(tmp_path: Path) -> None:
    work = "go 1.24\n\nuse ./m\n\nreplace example.com/other => ./other\n"
    (tmp_path / "go.work").write_text(work)
    module(tmp_path / "m", "module example.com/m\n\nreplace example.com/other => ../wrong\n")
    make(tmp_path, "other/a/a.go", "wrong/a/a.go")
    assert Modules().find("example.com/other/a", tmp_path / "m") == tmp_path / "other/a"


def test_package_of_a_gopath_is_below_src(tmp_path: Path) -> None:
    make(tmp_path, "src/example.com/a/a.go", "src/example.com/b/b.go")
    found = Modules().find("example.com/b", tmp_path / "src/example.com/a")
    assert found == tmp_path / "src/example.com/b"


def test_package_of_a_checkout_without_modules_is_known_by_the_end_of_its_path(
    tmp_path: Path,
) -> None:
    make(tmp_path, "a/a.go", "common/model/model.go")
    found = Modules().find("example.com/owner/project/common/model", tmp_path / "a")
    assert found == tmp_path / "common/model"


def test_package_that_is_nowhere_is_not_found(tmp_path: Path) -> None:
    module(tmp_path, "module example.com/m\n")
    assert Modules().find("example.com/far", tmp_path) is None


def test_import_path_counts_from_the_module(tmp_path: Path) -> None:
    module(tmp_path, "module example.com/m\n")
    assert Modules().import_path(tmp_path / "a/b") == "example.com/m/a/b"


def test_import_path_of_a_vendored_package_is_its_own(tmp_path: Path) -> None:
    module(tmp_path, "module example.com/m\n")
    assert Modules().import_path(tmp_path / "vendor/example.com/x") == "example.com/x"
