"""`Encoder` with the accelerator; what it encodes is tested with all implementations."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from typing import Any, Final
from unittest import mock

import pytest
from attrs import define

from rpcgen import gob
from rpcgen._implementation import VARIABLE
from rpcgen.errors import EncodeError, SchemaError
from rpcgen.gob import Typed, encoder
from rpcgen.schema import schema_of
from rpcgen.types import Uint8
from rpcgen.values.kept import GoInt, keep
from tests.gob.accelerated_examples import Branch, Leaf, Plain, Twig, typed_values
from tests.support.timeouts import TIMEOUT_S

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

from rpcgen.gob.accelerated import native
from rpcgen.gob.accelerated.encoder import Encoder, dumps


def test_stream_is_that_of_python_before_and_after_an_error() -> None:
    streams = Encoder(), encoder.Encoder()
    for value in (Plain("x"), None, Plain("y", 5), Plain("z", 1 << 80), Plain()):
        outcomes: list[object] = []
        for stream in streams:
            try:
                outcomes.append(stream.encode(value, Plain))
            except Exception as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]


def test_large_octets_are_not_copied() -> None:
    raw = b"x" * 100_000
    parts = Encoder().encode_parts([(raw, bytes)])
    assert any(part is raw for part in parts)


def test_dumps_takes_surrogates_for_bytes_if_told() -> None:
    assert dumps("\udcff", str, strings="surrogateescape") == encoder.dumps(
        "\udcff", str, strings="surrogateescape"
    )


@pytest.mark.parametrize("schema", [Plain, schema_of(Plain), None], ids=["class", "schema", "none"])
def test_dumps_of_what_has_come_before_is_not_left_to_python(schema: object) -> None:
    values = Plain("x"), Plain("y", 5)
    wanted = [encoder.dumps(value, schema) for value in values]
    dumps(values[0], schema)
    with mock.patch.object(Encoder, "_encode_in_python", side_effect=AssertionError):
        assert [dumps(value, schema) for value in values] == wanted


def test_dumps_of_a_value_that_does_not_fit_has_the_error_of_python() -> None:
    dumps(Plain("x"), Plain)
    for value in (Plain("\udcff"), Plain("x", 1 << 80), None, 5):
        with pytest.raises(EncodeError) as ours:
            dumps(value, Plain)
        with pytest.raises(EncodeError) as theirs:
            encoder.dumps(value, Plain)
        assert str(ours.value) == str(theirs.value)


def test_single_encoder_takes_no_other_streams() -> None:
    known: dict[object, Any] = {Plain: (b"", object()), int: b"", str: (1, Encoder())}
    single = native.SingleEncoder(known, known, lambda *_: b"fallback")
    asked: tuple[Any, ...] = (Plain, int, str, float, [], None)
    for schema in asked:
        assert single.encode(Plain(), schema, "strict") == b"fallback"


def test_references_of_single_values_are_given_back() -> None:
    known: dict[object, Any] = {Plain: (b"", Encoder())}
    known[Plain][1].encode(Plain(), Plain)
    single = native.SingleEncoder(
        known, known, lambda value, schema, strings: encoder.dumps(value, schema, strings=strings)
    )

    def encode() -> None:
        single.encode(Plain("some text"), Plain, "strict")
        single.encode(Plain("some text"), None, "strict")
        with pytest.raises(EncodeError):
            single.encode(None, Plain, "strict")

    for _ in range(3):
        encode()
    gc.collect()
    held, blocks = (sys.getrefcount(Plain), sys.getrefcount(known[Plain])), sys.getallocatedblocks()
    for _ in range(100):
        encode()
    gc.collect()
    assert held == (sys.getrefcount(Plain), sys.getrefcount(known[Plain]))
    assert sys.getallocatedblocks() - blocks < 100


BRANCH = Branch(Leaf("a", 1), Twig([1, "b", None, [2], {"k": 3}]), [], {"c": Leaf("d", 2)})


def test_classes_in_interfaces_that_have_gone_out_are_not_left_to_python() -> None:
    streams = Encoder(), encoder.Encoder()
    for stream in streams:
        stream.encode(BRANCH, Branch)
    wanted = streams[1].encode(BRANCH, Branch)
    with mock.patch.object(encoder.Encoder, "encode_interface", side_effect=AssertionError):
        assert streams[0].encode(BRANCH, Branch) == wanted
        assert streams[0].encode_all([(BRANCH, Branch)]) == wanted


def test_values_that_tell_their_types_are_not_left_to_python() -> None:
    streams, values = (Encoder(), encoder.Encoder()), typed_values()
    for stream in streams:
        stream.encode(values, list[Any])
    wanted = streams[1].encode(values, list[Any])
    with mock.patch.object(encoder.Encoder, "encode_interface", side_effect=AssertionError):
        assert streams[0].encode(values, list[Any]) == wanted


def test_references_of_values_that_tell_their_types_are_given_back() -> None:
    stream, values = Encoder(), typed_values()

    def encode() -> None:
        stream.encode(values, list[Any])
        with pytest.raises(EncodeError):
            stream.encode([*values, Typed(300, Uint8)], list[Any])

    for _ in range(3):
        encode()
    gc.collect()
    blocks = sys.getallocatedblocks()
    for _ in range(50):
        encode()
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 100


@pytest.mark.parametrize("bad", [Typed(300, Uint8), Typed(None, Uint8), Typed(1, []), GoInt(1)])
def test_value_that_does_not_fit_its_type_has_the_error_of_python(bad: Any) -> None:
    errors: list[str] = []
    for stream in (Encoder(), encoder.Encoder()):
        for _ in range(2):
            stream.encode([Typed(1, Uint8), keep(5, "uint16")], list[Any])
        with pytest.raises((EncodeError, SchemaError, AttributeError)) as caught:
            stream.encode([Typed(1, Uint8), bad], list[Any])
        errors.append(str(caught.value))
        stream.encode([Typed(1, Uint8), keep(5, "uint16")], list[Any])
    assert errors[0] == errors[1]


def test_classes_in_interfaces_are_forgotten_with_the_value_that_has_described_them() -> None:
    streams, bad = (Encoder(), encoder.Encoder()), [BRANCH, object()]
    found: list[list[bytes]] = [[], []]
    for stream, messages in zip(streams, found, strict=True):
        with pytest.raises(EncodeError):
            stream.encode(bad, list[Any])
        messages += [stream.encode(BRANCH, Branch), stream.encode(BRANCH, Branch)]
    assert found[0] == found[1]


def test_large_text_in_an_interface_is_the_same() -> None:
    streams = Encoder(), encoder.Encoder()
    for size in (1, 127, 128, 255, 256, 40_000, 70_000, 5):
        value = [Leaf("x" * size, 1), b"y" * size]
        first, second = [stream.encode(value, list[Any]) for stream in streams]
        assert first == second


def test_class_that_is_no_member_has_the_error_of_python() -> None:
    streams, texts = (Encoder(), encoder.Encoder()), []
    for stream in streams:
        stream.encode([Leaf("a", 1)], list[Any])
        stream.encode([Twig([])], list[Leaf | Twig])
        with pytest.raises(EncodeError) as caught:
            stream.encode([Plain("x")], list[Leaf | Twig])
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


class Hashed(type):
    """A class of classes whose hash does something else, too."""

    def __hash__(cls) -> int:
        ON_HASH()
        return super().__hash__()


ON_HASH = mock.Mock()


class Note:
    """Something to look for."""


def test_what_a_stream_knows_outlives_the_hash_of_a_class_that_has_it_forgotten() -> None:
    @define
    class Odd(metaclass=Hashed):
        number: int

    gob.register(Odd, "tests.Odd")
    values, encoder, note = [Odd(1), Odd(2)], Encoder(), Note()
    encoder.encode(values, list[Any])
    wanted = encoder.encode(values, list[Any])
    interfaces: Any = encoder._interfaces
    (known,) = interfaces.values()
    known[Note], noted, alive = note, weakref.ref(note), list[bool]()
    del known, note

    def forget() -> None:
        interfaces.clear()
        alive.append(noted() is not None)

    with mock.patch(f"{__name__}.ON_HASH", forget):
        assert encoder.encode(values, list[Any]) == wanted
    assert alive[0]


# A message of interfaces within interfaces, in a thread with a small stack.
DEEP: Final = """
import threading
from typing import Any
from attrs import define
from rpcgen import gob
from rpcgen.errors import DecodeError, EncodeError

@define
class Shell:
    inside: Any = None

gob.register(Shell, "tests.Shell")

def shells(count):
    value = None
    for _ in range(count):
        value = Shell(value)
    return value

def tell(function):
    try:
        print(function())
    except (EncodeError, DecodeError) as error:
        assert "nested too deeply" in str(error), error
        print("refused")

def run():
    encoder, decoder = gob.Encoder(), gob.Decoder()
    for count in (1, 1, 20):
        decoder.feed(encoder.encode(shells(count), Shell))
        tell(lambda: decoder.decode(Shell) == shells(count))
    for _ in range(2):
        tell(lambda: gob.loads(encoder.encode(shells(90), Shell), Shell) == shells(90))
        tell(lambda: gob.loads(deep, Shell) == shells(90))

deep = gob.dumps(shells(90), Shell)
threading.stack_size(65536)
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""


def test_values_that_nest_deeply_do_no_harm_in_a_thread_with_a_small_stack() -> None:
    run = subprocess.run(
        [sys.executable, "-c", DEEP],
        env={**os.environ, VARIABLE: "c"},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert (run.returncode, run.stderr) == (0, "")
    outcomes = run.stdout.split()
    assert (outcomes[:3], len(outcomes)) == (["True"] * 3, 7)
    assert set(outcomes) <= {"True", "refused"}
