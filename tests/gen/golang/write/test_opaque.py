"""Tests of `rpcgen.gen.golang.write.opaque`."""

from __future__ import annotations

import pytest

from rpcgen.gen.golang.write.opaque import LIBRARY, UUID, opaque_methods


@pytest.mark.parametrize(
    ("encoding", "methods"),
    [
        ("gob", ["GobEncode", "GobDecode"]),
        ("binary", ["MarshalBinary", "UnmarshalBinary"]),
        ("text", ["MarshalText", "UnmarshalText"]),
    ],
)
def test_methods_are_those_of_the_encoding(encoding: str, methods: list[str]) -> None:
    found = opaque_methods("Token", encoding)
    assert [f" {name}(" in text for name, text in zip(methods, found, strict=True)] == [True, True]


def test_package_of_a_type_of_the_library_is_its_own() -> None:
    assert all(path.endswith(name.partition(".")[0]) for name, path in LIBRARY.items())


def test_uuid_has_what_codecs_look_for() -> None:
    text = "\n".join(UUID[1])
    for name in ("MarshalText", "UnmarshalText", "MarshalBinary", "UnmarshalBinary"):
        assert f") {name}(" in text
