"""The contract of the object store, on a local directory, or on a real S3 server with HULEEDU_TEST_OBJECT_STORE=s3."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.file_service.object_store import (
    ObjectExistsError,
    ObjectNotFoundError,
    ObjectStore,
    ObjectStoreUnavailableError,
    new_storage_key,
)
from services.file_service.object_store_from_url import ObjectStoreUrlError, open_object_store

TIMEOUT = 3.0
A_CLOCK_APART = timedelta(seconds=5)


@pytest.fixture(name="store")
def store_fixture(object_store_url: str) -> ObjectStore:
    return open_object_store(object_store_url, TIMEOUT)


async def read(store: ObjectStore, key: str) -> bytes:
    stored = await store.open(key)
    content = b"".join([chunk async for chunk in stored.chunks])
    assert stored.size_bytes == len(content)
    return content


@pytest.mark.parametrize("size", [0, 1, 300_000, 3_000_000])
async def test_bytes_come_back_as_they_were_stored(store: ObjectStore, size: int) -> None:
    key, content = new_storage_key(), bytes(index * 7 % 256 for index in range(size))
    await store.put_new(key, content)
    assert await read(store, key) == content


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2000))
def test_any_bytes_come_back(object_store_url: str, content: bytes) -> None:
    async def round_trip() -> bytes:
        store, key = open_object_store(object_store_url, TIMEOUT), new_storage_key()
        await store.put_new(key, content)
        return await read(store, key)

    assert asyncio.run(round_trip()) == content


async def test_a_key_is_never_written_twice(store: ObjectStore) -> None:
    key = new_storage_key()
    await store.put_new(key, b"first")
    with pytest.raises(ObjectExistsError, match=key):
        await store.put_new(key, b"second")
    assert await read(store, key) == b"first"


async def test_of_many_writers_of_one_key_one_wins(store: ObjectStore) -> None:
    key, contents = new_storage_key(), [f"writer {number}".encode() for number in range(8)]
    outcomes = await asyncio.gather(*(store.put_new(key, each) for each in contents), return_exceptions=True)
    winners = [content for content, outcome in zip(contents, outcomes, strict=True) if outcome is None]
    assert [await read(store, key)] == winners
    assert sum(isinstance(outcome, ObjectExistsError) for outcome in outcomes) == 7


async def test_what_was_never_stored_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(ObjectNotFoundError):
        await store.open(new_storage_key())


async def test_deleting_twice_is_the_same_as_once(store: ObjectStore) -> None:
    key = new_storage_key()
    await store.put_new(key, b"bytes")
    await store.delete(key)
    await store.delete(key)
    with pytest.raises(ObjectNotFoundError):
        await store.open(key)


async def test_keys_are_listed_by_age(store: ObjectStore) -> None:
    keys = {new_storage_key() for _ in range(5)}
    for key in keys:
        await store.put_new(key, b"bytes")
    now = datetime.now(UTC)
    assert keys <= {key async for key in store.keys_stored_before(now + A_CLOCK_APART)}
    assert not keys & {key async for key in store.keys_stored_before(now - A_CLOCK_APART)}


async def test_a_store_that_serves_passes_its_check(store: ObjectStore) -> None:
    await store.check()


@pytest.mark.parametrize(
    "url", ["", "objects", "file://objects", "file:///", "ftp://host/x", "s3:///prefix", "memory:///"]
)
def test_a_url_of_no_store_is_refused_by_name(url: str) -> None:
    with pytest.raises(ObjectStoreUrlError, match=url or "neither"):
        open_object_store(url, TIMEOUT)


def test_a_variable_of_the_bucket_that_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "maybe")
    with pytest.raises(ObjectStoreUrlError, match=r'AWS.*failed to parse "maybe" as boolean$'):
        open_object_store("s3://bucket/prefix", TIMEOUT)


async def test_a_server_that_is_away_is_unavailable(monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused_tcp_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    store = open_object_store("s3://bucket/prefix", TIMEOUT)
    for attempt in (store.check(), store.put_new("key", b""), store.open("key"), store.delete("key")):
        with pytest.raises(ObjectStoreUnavailableError):
            await attempt
    with pytest.raises(ObjectStoreUnavailableError):
        await anext(store.keys_stored_before(datetime.now(UTC)))
