"""Tests of `rpcgen.gen.golang.read.packages`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rpcgen.gen.golang.read.packages import Package, Packages


def test_package_has_the_declarations_of_all_files(load: Callable[..., Package]) -> None:
    package = load(a="package p\ntype A int\n", b="package p\nfunc (a A) Get() {}\n")
    assert (list(package.types), list(package.methods)) == (["A"], ["A"])


def test_package_has_no_declarations_of_tests(load: Callable[..., Package]) -> None:
    assert list(load(a="package p\n", a_test="package p\ntype A int\n").types) == []


def test_package_beside_a_program_is_the_package(load: Callable[..., Package]) -> None:
    package = load(a="package p\ntype A int\n", tool="package main\ntype B int\n")
    assert (package.name, list(package.types)) == ("p", ["A"])


def test_folder_stands_for_all_below_but_vendor_and_testdata(tmp_path: Path) -> None:
    for each in ("a", "a/b", "vendor/c", "testdata/d", ".e", "_f"):
        (tmp_path / each).mkdir(parents=True)
        (tmp_path / each / "x.go").write_text("package x\n")
    found = [each.folder for each in Packages().load(tmp_path)]
    assert found == [tmp_path / "a", tmp_path / "a/b"]


def test_imported_package_is_read_once(load: Callable[..., Package], tmp_path: Path) -> None:
    user = load(a__a="package a\n", b__b="package b\n")
    packages = Packages()
    first = packages.imported("example.com/m/b", user)
    assert first is not None
    assert packages.imported("example.com/m/b", user) is first


def test_imported_package_of_the_standard_library_is_that_of_the_table(
    load: Callable[..., Package],
) -> None:
    package = Packages().imported("net/url", load(a="package a\n"))
    assert package is not None
    assert "Values" in package.types


def test_imported_package_that_is_not_there_is_none(load: Callable[..., Package]) -> None:
    assert Packages().imported("example.com/far", load(a="package a\n")) is None
