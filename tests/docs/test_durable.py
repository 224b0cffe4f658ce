"""The page about durable calls: its programs run, with a broker, and print what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durable.queues import queue_broker
from tests.support.broker import needs_broker
from tests.support.reader import Reader, blocks_of

PAGE = Path(__file__).parents[2] / "docs" / "durable.md"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with queue_broker() as made:
        reader = Reader(tmp_path)
        reader.ports["4222"] = made.url.rpartition(":")[2]
        yield reader
        reader.stop()


@needs_broker
def test_programs_of_the_page_print_what_it_says(reader: Reader) -> None:
    for block in blocks_of(PAGE):
        reader.follow(block)
