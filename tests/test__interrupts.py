from __future__ import annotations

import ctypes
import functools
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from attrs import define, field

from rpcgen import gob
from rpcgen._interrupts import import_apart, is_interrupt, reraise_interrupt
from rpcgen.errors import DecodeError, EncodeError


class StopError(Exception):
    """What a program raises to be stopped."""


def caught(function: Callable[[], object]) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.fixture
def handle() -> Iterator[Callable[[Any], None]]:
    """Set the handler of a signal, which `interrupted` sends."""
    before = signal.getsignal(signal.SIGUSR1)

    def set_handler(handler: Any) -> None:
        signal.signal(signal.SIGUSR1, handler)

    yield set_handler
    signal.signal(signal.SIGUSR1, before)


def interrupted() -> BaseException:
    return caught(lambda: signal.raise_signal(signal.SIGUSR1))


class Handler:
    """Handlers of several shapes; each raises what the package itself raises."""

    def method(self, number: int, frame: FrameType | None) -> None:
        raise ValueError("stop")

    def __call__(self, *args: object) -> None:
        self.method(0, None)


def function(number: int, frame: FrameType | None) -> None:
    raise ValueError("stop")


@pytest.mark.parametrize(
    "handler",
    [
        function,
        Handler().method,
        Handler(),
        functools.partial(function),
        lambda *_: function(0, None),
        lambda *_, **__: function(0, None),
    ],
)
def test_exception_of_a_signal_handler_is_an_interrupt(
    handle: Callable[[Any], None], handler: Any
) -> None:
    handle(handler)
    assert is_interrupt(interrupted())


def test_exception_of_a_handler_that_is_set_no_more_is_an_interrupt(
    handle: Callable[[Any], None],
) -> None:
    def handler(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        raise ValueError("stop")

    handle(handler)
    assert is_interrupt(interrupted())


def test_exception_of_a_trace_function_is_an_interrupt() -> None:
    def trace(frame: FrameType, event: str, arg: object) -> None:
        if frame.f_code is work.__code__:
            raise ValueError("stop")

    def work() -> None:
        pass

    before = sys.gettrace()
    sys.settrace(trace)
    error = caught(work)
    sys.settrace(before)
    assert is_interrupt(error)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_exception_that_is_no_error_is_an_interrupt(kind: type[BaseException]) -> None:
    assert is_interrupt(kind())


def test_exception_of_any_function_is_none() -> None:
    def fail(frame: FrameType | None = None) -> None:
        raise StopError("stop")

    assert not is_interrupt(caught(fail))


@pytest.mark.parametrize(
    "decode",
    [
        lambda: gob.loads(b"\x03\x04\x00\x06", str),
        lambda: gob.loads(b"\x00", int),
        lambda: gob.loads(b"\xff", int),
    ],
)
def test_failure_of_the_package_is_none(decode: Callable[[], object]) -> None:
    error = caught(decode)
    assert isinstance(error, DecodeError)
    assert not is_interrupt(error)


@pytest.mark.parametrize("kind", [StopError, ValueError, TimeoutError, KeyError])
def test_exception_that_another_thread_sets_is_an_interrupt(kind: type[Exception]) -> None:
    data = gob.dumps(list(range(1000)))
    errors: list[BaseException] = []
    begun = threading.Event()

    def decode() -> None:
        decoder = gob.Decoder()
        begun.set()
        try:
            while True:
                gob.loads(data, list[int])
                decoder.feed(b"")
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=decode)
    thread.start()
    begun.wait()
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident or 0), ctypes.py_object(kind)
    )
    thread.join(30.0)
    assert [type(error) for error in errors] == [kind]


def convert(value: int) -> int:
    if value == 7:
        signal.raise_signal(signal.SIGUSR1)
    if value == 8:
        raise StopError("of its own")
    return value


@define
class Number:
    """A message whose own code can be interrupted."""

    value: int = field(default=0, converter=convert)


@pytest.fixture
def stop(handle: Callable[[Any], None]) -> StopError:
    """Return what the handler of the signal raises."""
    stopped = StopError("stop")

    def handler(number: int, frame: FrameType | None) -> None:
        raise stopped

    handle(handler)
    return stopped


@define
class Whole:
    """The same on the wire."""

    value: int


def test_interrupt_of_a_converter_comes_out_of_decoding(stop: StopError) -> None:
    schema = gob.dumps(Whole(7)).replace(b"Whole", b"Numbr")
    assert caught(lambda: gob.loads(schema, Number)) is stop


def test_failure_of_a_converter_is_a_decode_error() -> None:
    error = caught(lambda: gob.loads(gob.dumps(Whole(8)), Number))
    assert isinstance(error, DecodeError)


@define
class Odd:
    """Interrupted when its field is read."""

    @property
    def value(self) -> int:
        signal.raise_signal(signal.SIGUSR1)
        return 0


def test_interrupt_comes_out_of_encoding(stop: StopError) -> None:
    encoder = gob.Encoder()
    assert caught(lambda: encoder.encode(Odd(), Whole)) is stop


def test_encoder_is_as_before_after_an_interrupt(stop: StopError) -> None:
    encoder = gob.Encoder()
    caught(lambda: encoder.encode(Odd(), Whole))
    assert encoder.encode(Whole(1), Whole) == gob.dumps(Whole(1), Whole)


def test_reraise_finds_what_an_error_was_made_from(stop: StopError) -> None:
    def work() -> None:
        try:
            signal.raise_signal(signal.SIGUSR1)
        except StopError:
            raise EncodeError("changed") from None

    def guarded() -> None:
        try:
            work()
        except EncodeError as error:
            reraise_interrupt(error)
            raise

    assert caught(guarded) is stop
    assert stop.__context__ is None


def test_reraise_passes_over_what_the_caller_handles(stop: StopError) -> None:
    def guarded() -> None:
        try:
            raise EncodeError("does not fit")
        except EncodeError as error:
            reraise_interrupt(error)
            raise

    def handling() -> None:
        try:
            signal.raise_signal(signal.SIGUSR1)
        except StopError:
            guarded()

    assert isinstance(caught(handling), EncodeError)


# --- import_apart ---------------------------------------------------------------------------------


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Write a module that can be imported, and return its name."""
    monkeypatch.syspath_prepend(tmp_path)
    name = "imported_apart"

    def write(text: str) -> str:
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield write
    sys.modules.pop(name, None)


def test_import_apart_imports(module: Callable[[str], str]) -> None:
    name = module("")
    import_apart(name)
    assert name in sys.modules


def test_import_apart_imports_in_another_thread(module: Callable[[str], str]) -> None:
    name = module("import threading; THREAD = threading.get_ident()")
    import_apart(name)
    assert threading.get_ident() != sys.modules[name].THREAD


def test_import_apart_needs_no_thread_for_what_was_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "Thread", None)
    import_apart("threading", "rpcgen")


def test_import_apart_leaves_it_to_the_caller_where_no_thread_can_begin(
    module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    name = module("")
    import_apart(name)
    assert name not in sys.modules


def test_import_apart_finishes_though_a_handler_raises(
    module: Callable[[str], str], handle: Callable[[Any], None]
) -> None:
    name = module(
        """
import os, signal, threading
GO_ON = threading.Event()
THREAD = threading.current_thread()
os.kill(os.getpid(), signal.SIGUSR1)
GO_ON.wait(60)
DONE = True
"""
    )

    def stop(signum: int, frame: FrameType | None) -> None:
        raise StopError

    handle(stop)
    with pytest.raises(StopError):
        import_apart(name)
    imported: Any = sys.modules[name]
    imported.GO_ON.set()
    imported.THREAD.join()
    assert imported.DONE
