from __future__ import annotations

from rpcgen.nats.subjects import call_subject, cancel_subject


def test_subjects_have_no_dots_of_a_service() -> None:
    assert call_subject("shop.Stock") == "rpcgen.shop_Stock"
    assert cancel_subject("shop.Stock") == "rpcgen.cancel.shop_Stock"
