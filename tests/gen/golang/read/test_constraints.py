"""Tests of `rpcgen.gen.golang.read.constraints`."""

from __future__ import annotations

import pytest

from rpcgen.gen.golang.read.constraints import is_built


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("service.go", True),
        ("service_test.go", False),
        ("service_linux.go", True),
        ("service_windows.go", False),
        ("service_linux_amd64.go", True),
        ("service_linux_arm64.go", False),
        ("service_darwin_amd64.go", False),
        ("service_amd64.go", True),
        ("linux.go", True),
        ("windows.go", True),
        ("unknown_word.go", True),
        ("_hidden.go", False),
    ],
)
def test_name_of_a_file_says_for_what_it_is(name: str, expected: bool) -> None:
    assert is_built(name, "package p\n") is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("linux", True),
        ("windows", False),
        ("!windows", True),
        ("linux && amd64", True),
        ("linux && arm64", False),
        ("windows || (linux && !cgo) || unix", True),
        ("!(linux || darwin)", False),
        ("ignore", False),
        ("go1.21", True),
        ("", False),
    ],
)
def test_condition_says_for_what_a_file_is(condition: str, expected: bool) -> None:
    assert is_built("p.go", f"//go:build {condition}\n\npackage p\n") is expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("// +build linux darwin", True),
        ("// +build windows darwin", False),
        ("// +build linux,!cgo darwin", False),
        ("// +build linux\n// +build !amd64", False),
    ],
)
def test_condition_of_the_old_form_says_for_what_a_file_is(lines: str, expected: bool) -> None:
    assert is_built("p.go", f"{lines}\n\npackage p\n") is expected


def test_condition_below_the_package_is_a_comment() -> None:
    assert is_built("p.go", "package p\n\n//go:build ignore\n")
