"""Replies used as what they are not."""

import queue

from generated.arith import Args, ArithClient, Quotient
from generated.kvstore import KVStoreClient
from rpcgen import Call


def replies(arith: ArithClient, store: KVStoreClient) -> None:
    text: str = arith.multiply(Args(7, 8))  # error: [assignment]
    arith.divide(Args(7, 8)).quotient  # error: [attr-defined]
    arith.divide(Args(7, 8)) + 1  # error: [operator]
    for _ in arith.multiply(Args(7, 8)):  # error: [attr-defined]
        pass
    store.get("key").expires.year  # error: [union-attr]


def calls(arith: ArithClient) -> None:
    number: int = arith.go.multiply(Args(7, 8))  # error: [assignment]
    other: int = arith.go.divide(Args(7, 8)).result()  # error: [assignment]
    call: Call[Quotient] = arith.go.multiply(Args(7, 8))  # error: [assignment]
    done: queue.Queue[Call[Quotient]] = queue.Queue()
    arith.go.multiply(Args(7, 8), done=done)  # error: [arg-type]
    arith.go.divide(Args(7, 8), done)  # error: [call-arg]
