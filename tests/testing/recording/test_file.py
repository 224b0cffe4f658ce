from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import DecodeError
from rpcgen.testing.recording.file import Entry, RecordingWriter, read_recording

ENTRIES = [
    Entry(0.5, 1, "open", peer="127.0.0.1:99"),
    Entry(0.75, 1, "data", "client", b"\0\xffbytes"),
    Entry(1.0, 1, "data", "server", b""),
    Entry(1.25, 1, "end", "server"),
    Entry(1.5, 1, "close"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "calls.jsonl"
    with RecordingWriter(path, "tcp://127.0.0.1:1") as writer:
        for entry in ENTRIES:
            writer.write(entry)
    return path


def test_what_is_written_is_read(path: Path) -> None:
    assert list(read_recording(path)) == ENTRIES


def test_file_is_the_owners_alone(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_file_that_is_there_is_not_written_over(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        RecordingWriter(path, "")
    assert path.read_bytes() == before


def test_each_event_is_in_the_file_at_once(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "calls", "") as writer:
        writer.write(ENTRIES[0])
        assert list(read_recording(tmp_path / "calls")) == ENTRIES[:1]


def test_line_that_was_cut_off_is_passed_over(path: Path) -> None:
    data = path.read_bytes()
    for cut in range(data.index(b"\n") + 1, len(data)):
        path.write_bytes(data[:cut])
        whole = data[:cut].count(b"\n") - 1
        assert list(read_recording(path)) == ENTRIES[:whole]


def test_head_says_what_it_is(path: Path) -> None:
    head = json.loads(path.read_text().splitlines()[0])
    assert (head["format"], head["version"], head["to"]) == (
        "rpcgen recording",
        1,
        "tcp://127.0.0.1:1",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 .* no object"),
        ("[]\n", "line 1 .* no object"),
        ('{"format": "other"}\n', "is no recording: make one with"),
        ('{"format": "rpcgen recording", "version": 2}\n', "format of version 2"),
    ],
)
def test_other_file_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "other").write_text(text)
    with pytest.raises(DecodeError, match=message):
        list(read_recording(tmp_path / "other"))


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"[" * 100_000,
        b'{"time": 1}',
        b'{"time": "1", "connection": 1, "event": "close"}',
        b'{"time": 1, "connection": 1, "event": "other"}',
        b'{"time": 1, "connection": 1, "event": "data", "from": "nobody", "bytes": ""}',
        b'{"time": 1, "connection": 1, "event": "data", "from": "client", "bytes": "%"}',
        b'{"time": 1, "connection": 1, "event": "open", "peer": 1}',
    ],
)
def test_broken_line_is_told_with_its_number(path: Path, line: bytes) -> None:
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(DecodeError, match="line 7 of the recording"):
        list(read_recording(path))


@given(st.binary(max_size=200))
def test_any_line_is_an_event_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, line: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "calls"
    RecordingWriter(path, "").close()
    path.write_bytes(path.read_bytes() + line)
    try:
        list(read_recording(path))
    except DecodeError:
        pass
