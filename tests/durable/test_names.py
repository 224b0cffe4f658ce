"""Streams, subjects and consumers: one token for each text, and no two of the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.durable.names import (
    MAX_KEY,
    CallName,
    attempt_subject_of,
    checked_key,
    is_call,
    reply_subject_of,
    token,
)

NAME = CallName("Bank.Charge")


def test_names_of_a_method() -> None:
    assert (NAME.service, NAME.calls, NAME.replies, NAME.consumer, NAME.filter) == (
        "Bank",
        "rpcgen-calls-Bank",
        "rpcgen-replies-Bank",
        "Charge",
        "rpcgen.calls.Bank.Charge.*",
    )


def test_subjects_of_a_call_lie_in_those_of_its_streams() -> None:
    calls, attempts, replies = NAME.subjects
    assert NAME.call_subject("k").startswith(calls.removesuffix(">"))
    assert NAME.reply_subject("k").startswith(replies.removesuffix(">"))
    assert attempt_subject_of(NAME.call_subject("k")).startswith(attempts.removesuffix(">"))


def test_subject_of_the_reply_follows_from_that_of_the_call() -> None:
    assert reply_subject_of(NAME.call_subject("a b")) == NAME.reply_subject("a b")


def test_service_with_dots_has_one_token() -> None:
    name = CallName("shop.Bank.Charge")
    assert (name.service, name.calls) == ("shop.Bank", "rpcgen-calls-shop=2EBank")


@pytest.mark.parametrize(("subject", "expected"), [("k", True), ("_INBOX.a.b", False)])
def test_is_call_tells_calls_from_inboxes(subject: str, expected: bool) -> None:
    assert is_call(NAME.call_subject("k") if subject == "k" else subject) is expected


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_token_may_stand_in_subjects_and_names_of_streams(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_=-]*", token(text))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=3), unique=True))
def test_different_texts_have_different_tokens(texts: list[str]) -> None:
    assert len(set(map(token, texts))) == len(texts)


@pytest.mark.parametrize("key", ["k", "order 17/ä", "x" * MAX_KEY])
def test_key_is_given_back(key: str) -> None:
    assert checked_key(key) == key


@pytest.mark.parametrize("key", ["", "x" * (MAX_KEY + 1), "ä" * MAX_KEY, "\ud800"])
def test_key_that_cannot_be_one_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="key="):
        checked_key(key)


def test_key_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="write a str"):
        checked_key(17)
