"""Options that are one of a few words."""

from __future__ import annotations

from typing import Any

import pytest

from rpcgen import gob
from rpcgen.gob.options import check_choice

pytestmark = pytest.mark.usefixtures("implementation")

_ONE = gob.dumps(1)


@pytest.mark.parametrize("strings", ["strict", "surrogateescape"])
def test_words_for_strings(strings: Any) -> None:
    assert gob.loads(gob.dumps(1, strings=strings), strings=strings) == 1


@pytest.mark.parametrize("strict_names", [False, True])
def test_words_for_names(strict_names: Any) -> None:
    assert gob.loads(_ONE, strict_names=strict_names) == 1


@pytest.mark.parametrize("strings", ["replace", "", None, 1, ["strict"]])
@pytest.mark.parametrize(
    "use",
    [
        lambda strings: gob.Decoder(strings=strings),
        lambda strings: gob.Encoder(strings=strings),
        lambda strings: gob.loads(_ONE, strings=strings),
        lambda strings: gob.dumps(1, strings=strings),
    ],
    ids=["Decoder", "Encoder", "loads", "dumps"],
)
def test_other_words_for_strings_are_refused(use: Any, strings: Any) -> None:
    with pytest.raises(ValueError, match=r"^strings=.*: write 'strict' or 'surrogateescape'$"):
        use(strings)


@pytest.mark.parametrize(
    "use", [lambda **options: gob.Decoder(**options), lambda **options: gob.loads(_ONE, **options)]
)
def test_other_words_for_names_are_refused(use: Any) -> None:
    with pytest.raises(ValueError, match=r"^strict_names='ignore': write False or True$"):
        use(strict_names="ignore")


def test_check_of_a_word_that_is_known() -> None:
    check_choice("strict_names", False)
