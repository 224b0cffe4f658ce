"""`JetStream`: what durable calls ask of a broker, over one connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen
from nats.errors import MaxPayloadError
from nats.js import api
from nats.js.client import JetStreamContext
from nats.js.errors import (
    APIError,
    NoStreamResponseError,
    NotFoundError,
    ServiceUnavailableError,
)

from rpcgen.resolve.nats_connection import Client, Msg

from .names import CallName, is_call
from .options import WorkQueue

__all__ = ["ANSWER_S", "JetStream", "Kept", "SIGN_S", "is_passing", "is_status", "is_unheard"]

ANSWER_S: Final = 5.0
"""Maximum time in seconds that the broker takes to answer."""

PULL_S: Final = 30.0
"""Time in seconds for which the broker keeps a worker's request for a call."""

SIGN_S: Final = 4.0
"""Seconds between two signs of the broker that it still has a request."""

# Numbers of the broker's errors.
_NAME_IN_USE: Final = 10058
_NOT_STORED: Final = 10077

# Its text where a subject holds a message already.
_SUBJECT_IS_FULL: Final = "maximum messages per subject"

# The first line of a message's headers.
_HEADER_START: Final = "NATS/1.0"

# Kinds of errors which another attempt may not meet, as HTTP has them.
_PASSING: Final = (408, 429, 500, 503, 504)


@frozen
class Kept:
    """A message of a stream."""

    data: bytes
    headers: Mapping[str, str]


class JetStream:
    """The streams and consumers of durable calls.

    Everything here raises what nats-py raises; `is_passing` tells what is worth another attempt.

    Args:
        client: A connection to the broker.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._context = JetStreamContext(client, timeout=ANSWER_S)
        self._prepared: set[str] = set()

    async def prepare(self, name: CallName, queue: WorkQueue | None) -> None:
        """Make the streams of a service, if they are not there yet.

        Args:
            name: Any method of the service.
            queue: How they are to be, also where they are there; None: as they are, or as the
                defaults say.
        """
        if name.service in self._prepared:
            return
        wanted = queue or WorkQueue()
        for config in _streams(name, wanted):
            try:
                await self._context.stream_info(config.name or "")
            except NotFoundError:
                await self._create(config)
            else:
                if queue is not None:
                    await self._context.update_stream(config)
        self._prepared.add(name.service)

    async def _create(self, config: api.StreamConfig) -> None:
        try:
            await self._context.add_stream(config)
        except APIError as error:
            if error.err_code != _NAME_IN_USE:  # somebody else was faster
                raise

    async def consume(self, name: CallName, ack_wait: float) -> None:
        """Make the consumer of a method's calls, or change it where it is another one.

        Args:
            name: The method.
            ack_wait: Time in seconds after which a call is given to another worker, unless the
                first one shows that it works on it.
        """
        try:
            found = await self._context.consumer_info(name.calls, name.consumer)
        except NotFoundError:
            pass
        else:
            if found.config.ack_wait == ack_wait:
                return
        await self._context.add_consumer(
            name.calls,
            durable_name=name.consumer,
            filter_subject=name.filter,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=ack_wait,
            # Attempts are bounded by workers: what the broker gives up stays in the stream, and
            # some brokers lose count where a worker dies that has asked for more.
            max_deliver=-1,
            max_ack_pending=-1,
        )

    async def publish_once(
        self, subject: str, data: bytes, headers: Mapping[str, str], *, is_gone: bool = False
    ) -> bool:
        """Add a message to a stream; return False if its subject holds one, or has held it lately.

        Args:
            subject: Its subject.
            data: What it holds.
            headers: Its headers.
            is_gone: True to add it also where its subject has held one lately, which is known to
                be gone.

        Raises:
            MaxPayloadError: It is larger than the broker takes.
        """
        if not self._has_room(subject, data, headers):
            raise MaxPayloadError
        try:
            told = dict(headers) if is_gone else {**headers, "Nats-Msg-Id": subject}
            answer = await self._context.publish(subject, data, headers=told)
        except APIError as error:
            if _is_full(error):
                return False
            raise
        return not answer.duplicate

    def _has_room(self, subject: str, data: bytes, headers: Mapping[str, str]) -> bool:
        """Return True for a message that is not larger than the broker takes."""
        texts = [_HEADER_START, "Nats-Msg-Id", subject, *headers, *headers.values()]
        size = len(data) + sum(len(text) + len(": \r\n") for text in texts)
        return size <= self.client.max_payload

    async def find(self, stream: str, subject: str) -> Kept | None:
        """Return the message of a subject, None if there is none."""
        try:
            found = await self._context.get_last_msg(stream, subject)
        except NotFoundError:
            return None
        return Kept(found.data or b"", found.headers or {})

    async def attempts(self, name: CallName, subject: str) -> int:
        """Return how often a call was begun with.

        Args:
            name: The method.
            subject: Subject of the attempts.
        """
        found = await self._context.stream_info(name.attempts, subjects_filter=subject)
        return (found.state.subjects or {}).get(subject, 0)

    async def note_attempt(self, subject: str) -> None:
        """Keep that a call is begun with."""
        await self._context.publish(subject, b"")

    async def forget_attempts(self, name: CallName, subject: str) -> None:
        """Forget how often a call was begun with, which is over."""
        await self._context.purge_stream(name.attempts, subject=subject)

    async def pull(self, name: CallName, inbox: str) -> None:
        """Ask for one call, which comes to an inbox, or in its place a status after `PULL_S`.

        Until then a sign comes every `SIGN_S`, as long as the broker that has the request is there.
        """
        terms = {"batch": 1, "expires": int(PULL_S * 1e9), "idle_heartbeat": int(SIGN_S * 1e9)}
        request = json.dumps(terms).encode()
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{name.calls}.{name.consumer}"
        await self.client.publish(subject, request, reply=inbox)


def _streams(name: CallName, queue: WorkQueue) -> list[api.StreamConfig]:
    calls, attempts, replies = name.subjects
    once: dict[str, Any] = {
        "discard": api.DiscardPolicy.NEW,
        "discard_new_per_subject": True,
        "max_msgs_per_subject": 1,
        "max_bytes": queue.max_bytes or -1,
    }

    def kept_for(seconds: float) -> dict[str, Any]:
        return {
            "max_age": seconds,
            # The broker takes none that is longer.
            "duplicate_window": min(queue.duplicate_window, seconds),
            "num_replicas": queue.replicas,
            "storage": api.StorageType(queue.storage),
        }

    return [
        api.StreamConfig(
            name=name.calls,
            description="Durable calls that are not over",
            subjects=[calls],
            retention=api.RetentionPolicy.WORK_QUEUE,
            **kept_for(queue.keep_calls),
            **once,
        ),
        api.StreamConfig(
            name=name.attempts,
            description="Beginnings of durable calls that are not over",
            subjects=[attempts],
            **kept_for(queue.keep_calls),
        ),
        api.StreamConfig(
            name=name.replies,
            description="How durable calls have ended",
            subjects=[replies],
            retention=api.RetentionPolicy.LIMITS,
            **kept_for(queue.keep_replies),
            **once,
        ),
    ]


def _is_full(error: APIError) -> bool:
    return error.err_code == _NOT_STORED and _SUBJECT_IS_FULL in (error.description or "")


def is_passing(error: Exception) -> bool:
    """Return True for an error of nats-py that another attempt may not meet."""
    return not isinstance(error, APIError) or error.code in _PASSING or is_unheard(error)


def is_unheard(error: Exception) -> bool:
    """Return True if nobody has answered: there is no JetStream, or no such stream, yet."""
    if isinstance(error, ServiceUnavailableError):
        return error.code is None
    return isinstance(error, NoStreamResponseError)


def is_status(message: Msg) -> bool:
    """Return True for what a broker sends to an inbox in the place of a call."""
    return not is_call(message.subject)
