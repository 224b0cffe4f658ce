"""Arguments of the wrong type, number or name."""

from generated.arith import Args, ArithClient, Quotient
from generated.kvstore import KVStoreClient


def arguments(arith: ArithClient, store: KVStoreClient) -> None:
    arith.multiply((7, 8))  # error: [arg-type]
    arith.multiply(Quotient(1, 2))  # error: [arg-type]
    arith.multiply(7, 8)  # error: [call-arg] [arg-type]
    arith.multiply()  # error: [call-arg]
    arith.multiply(Args(a="7", b=8))  # error: [arg-type]
    arith.subtract(Args(7, 8))  # error: [attr-defined]
    arith.go.multiply("7")  # error: [arg-type]
    arith.go.subtract(Args(7, 8))  # error: [attr-defined]
    store.put("key", "value", tags={})  # error: [arg-type]
    store.put("key", b"value")  # error: [call-arg]
    store.put("key", b"value", {})  # error: [call-arg]
    store.put("key", b"value", tags={1: "a"})  # error: [dict-item]
    store.get(key="key", missing=1)  # error: [call-arg]


def dialling() -> None:
    ArithClient.dial(1234)  # error: [arg-type]
    ArithClient.dial("tcp://127.0.0.1:1", codecs="json")  # error: [call-arg]
