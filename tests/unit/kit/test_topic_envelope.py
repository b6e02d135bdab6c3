"""What is a message of a topic, and what is said of what is none."""

import json
from typing import Any, Literal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from services.kit.errors import ValidationFailedError
from services.kit.identity import Caller
from services.kit.topics.delivery import Delivery
from services.kit.topics.envelope import MALFORMED, Request, parsed, topic_of
from tests.support.topics import message

TYPE = "huleedu.test.requested.v1"


class Question(BaseModel):
    """What is asked for."""

    essay: str


class Requested(Request[Question]):
    """A request of this test."""

    event_type: Literal["huleedu.test.requested.v1"]


def _bytes(**differing: Any) -> bytes:
    return json.dumps(message(TYPE, {"essay": "one"}) | differing).encode()


def test_a_topic_is_called_by_the_type_of_its_messages() -> None:
    assert topic_of(Requested) == TYPE


def test_who_asks_and_what_is_asked_for_is_read_and_the_event_is_its_key() -> None:
    event = uuid4()
    read = parsed(Requested, _bytes(event_id=str(event), user_roles=["teacher"]))
    assert (read.caller, read.data.essay) == (Caller("anna", frozenset({"teacher"})), "one")
    assert read.idempotency_key == str(event)


@pytest.mark.parametrize(
    "differing",
    [
        {"event_type": "huleedu.test.requested.v2"},
        {"event_id": "no uuid"},
        {"occurred_at": "2026-01-01T00:00:00"},
        {"user_id": ""},
        {"user_id": "a\0b"},
        {"user_roles": ["role"] * 21},
        {"data": {}},
        {"unknown": 1},
    ],
    ids=str,
)
def test_a_message_of_another_shape_is_refused_by_the_field_that_is_wrong(differing: dict[str, Any]) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        parsed(Requested, _bytes(**differing))
    assert refused.value.code == MALFORMED
    assert next(iter(differing)) in refused.value.message


@given(st.one_of(st.none(), st.binary(), st.text().map(str.encode)))
def test_whatever_bytes_come_they_are_a_request_or_refused(value: bytes | None) -> None:
    with pytest.raises(ValidationFailedError):
        parsed(Requested, value)


def test_what_is_refused_is_not_repeated_in_the_reason() -> None:
    with pytest.raises(ValidationFailedError) as refused:
        parsed(Requested, _bytes(data={"essay": ["Once upon a time"]}))
    assert "Once upon" not in f"{refused.value.message}{refused.value.details}"


def test_the_action_is_told_by_its_header_and_no_message_is_refused_for_one() -> None:
    action = uuid4()

    def told(*headers: tuple[str, bytes]) -> object:
        return Delivery(TYPE, 0, 0, None, None, headers).correlation_id

    assert told(("other", b"x"), ("correlation_id", str(action).encode())) == action
    assert told() is told(("correlation_id", b"no uuid")) is told(("correlation_id", b"\xff")) is None
