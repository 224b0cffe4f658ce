"""The page about NATS: its programs run, with a broker, and print what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.broker import broker, needs_broker
from tests.support.reader import Reader, blocks_of

PAGE = Path(__file__).parents[2] / "docs" / "nats.md"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with broker() as made:
        made.start()
        reader = Reader(tmp_path)
        # The second command listens nowhere: the broker's port is there already.
        reader.ports["1235"] = reader.ports["4222"] = made.url.rpartition(":")[2]
        yield reader
        reader.stop()


@needs_broker
def test_programs_of_the_page_print_what_it_says(reader: Reader) -> None:
    for block in blocks_of(PAGE):
        reader.follow(block)
