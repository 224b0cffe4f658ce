from __future__ import annotations

from rpcgen.schema.shown import shown


class Secretive:
    """A class whose values cannot be written."""

    def __repr__(self) -> str:
        raise ValueError("no text of this")


def test_value_is_shown_as_python_writes_it() -> None:
    assert shown(["a", 1]) == "['a', 1]"


def test_long_value_is_cut() -> None:
    assert shown("x" * 1000) == "'" + "x" * 79


def test_number_of_thousands_of_digits_is_named() -> None:
    assert shown(10**10_000) == "a value of int"


def test_value_that_cannot_be_written_is_named() -> None:
    assert shown(Secretive()) == "a value of Secretive"
