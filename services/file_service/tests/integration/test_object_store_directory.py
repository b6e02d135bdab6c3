"""What only a directory can do to its store: vanish, refuse, lose power."""

import os
from pathlib import Path

import pytest

from services.file_service.object_store import ObjectStoreUnavailableError, new_storage_key
from services.file_service.object_store_from_url import ObjectStoreUrlError, open_object_store


async def test_a_directory_is_made_where_its_parents_are_missing_too(tmp_path: Path) -> None:
    store = open_object_store(f"file://{tmp_path}/deep/with%20space", 3.0)
    await store.put_new("key", b"bytes")
    assert (tmp_path / "deep" / "with space" / "key").read_bytes() == b"bytes"


async def test_a_directory_that_vanished_is_an_outage_and_is_not_made_anew(tmp_path: Path) -> None:
    directory, elsewhere = tmp_path / "objects", tmp_path / "elsewhere"
    store = open_object_store(f"file://{directory}", 3.0)
    await store.put_new("key", b"bytes")
    directory.rename(elsewhere)
    for attempt in (store.check(), store.put_new("other", b""), store.open("key")):
        with pytest.raises(ObjectStoreUnavailableError) as raised:
            await attempt
        assert str(directory) in raised.value.reason
        assert str(directory) not in raised.value.message
    assert not directory.exists()
    elsewhere.rename(directory)
    await store.check()
    assert (await store.open("key")).size_bytes == 5


def test_a_path_that_is_a_file_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ObjectStoreUrlError, match="taken"):
        open_object_store(f"file://{tmp_path}/taken", 3.0)


async def test_bytes_and_directory_entries_are_synced_before_the_store_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real_fsync = os.fsync

    def recording_fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real_fsync(descriptor)

    store, key = open_object_store(f"file://{tmp_path}", 3.0), new_storage_key()
    monkeypatch.setattr(os, "fsync", recording_fsync)
    await store.put_new(key, b"bytes")
    assert synced == [str(tmp_path / key), str((tmp_path / key).parent), str(tmp_path)]


async def test_a_disk_that_cannot_sync_is_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing_fsync(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    store = open_object_store(f"file://{tmp_path}", 3.0)
    monkeypatch.setattr(os, "fsync", failing_fsync)
    with pytest.raises(ObjectStoreUnavailableError) as raised:
        await store.put_new(new_storage_key(), b"bytes")
    assert "Input/output error" in raised.value.reason
