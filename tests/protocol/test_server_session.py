from __future__ import annotations

from rpcgen.protocol import error_text


def test_error_text_of_an_error_with_text() -> None:
    assert error_text(ValueError("no luck")) == "no luck"


def test_error_text_of_an_error_without_text() -> None:
    assert error_text(ValueError()) == "ValueError"


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_error_text_of_what_cannot_say_what_it_is() -> None:
    assert error_text(SpeechlessError()) == "SpeechlessError"
