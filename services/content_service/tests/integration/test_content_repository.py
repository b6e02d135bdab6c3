"""Contents are stored, read, replaced, hidden and brought back, by those whose they are."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.content_service.domain import ContentType, SentBytes, StoredContent
from services.content_service.protocols import ContentRepository
from services.content_service.tests.stored_contents import ESSAY, Contents, new_content, sent
from services.kit.errors import ConflictError, NotFoundError, ValidationFailedError
from services.kit.identity import Caller
from services.kit.postgres.errors import broken_constraint
from tests.support.callers import HEAD, OWNER, STRANGER


async def _bytes(storage: Contents, content: StoredContent, *, include_deleted: bool = False) -> bytes:
    async with storage.transaction() as contents:
        found = await contents.get_with_bytes(OWNER, content.content_id, include_deleted=include_deleted)
    return found.body


async def test_a_content_reads_as_it_was_stored(shared_storage: Contents) -> None:
    new = new_content(content_type=ContentType.AI_FEEDBACK, sent=sent(ESSAY, "text/markdown"))
    async with shared_storage.transaction() as contents:
        stored, is_new = await contents.store(new)
    async with shared_storage.transaction() as contents:
        assert await contents.get(OWNER, new.content_id) == stored
        both = await contents.get_with_bytes(OWNER, new.content_id)
    assert is_new
    assert (both.content, both.body) == (stored, ESSAY)
    assert (stored.content_id, stored.user_id) == (new.content_id, OWNER.user_id)
    assert (stored.mime_type, stored.size_bytes, stored.sha256) == ("text/markdown", len(ESSAY), new.sent.sha256)
    assert (stored.correlation_id, stored.row_version) == (new.sent.correlation_id, 1)
    assert stored.created_at.utcoffset() is not None


async def test_the_same_bytes_are_stored_once_for_each_owner_and_content_type(shared_storage: Contents) -> None:
    body = sent()
    first = await shared_storage.stored(sent=body)
    again = await shared_storage.stored(sent=sent(body.body, "text/html"))
    as_another_type = await shared_storage.stored(sent=body, content_type=ContentType.CORRECTED_TEXT)
    of_another = await shared_storage.stored(sent=body, user_id=STRANGER.user_id)
    assert again == first
    assert len({first.content_id, as_another_type.content_id, of_another.content_id}) == 3


async def test_bytes_of_a_deleted_content_are_stored_anew(shared_storage: Contents) -> None:
    deleted = await shared_storage.deleted(sent=sent(b"once deleted"))
    anew = await shared_storage.stored(sent=sent(b"once deleted"))
    assert anew.content_id != deleted.content_id
    assert await _bytes(shared_storage, anew) == await _bytes(shared_storage, deleted, include_deleted=True)


async def test_of_the_same_bytes_sent_many_times_at_once_one_content_is_made(shared_storage: Contents) -> None:
    body = sent()

    async def store() -> tuple[StoredContent, bool]:
        async with shared_storage.transaction() as contents:
            return await contents.store(new_content(sent=body))

    answers = await asyncio.gather(*(store() for _ in range(10)))
    assert len({content.content_id for content, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1
    assert await _bytes(shared_storage, answers[0][0]) == body.body


async def test_who_sends_what_another_is_just_storing_waits_for_whether_it_is_stored(shared_storage: Contents) -> None:
    body = sent()

    async def store_and_fail() -> None:
        async with shared_storage.transaction() as contents:
            await contents.store(new_content(sent=body))
            second = asyncio.create_task(shared_storage.stored(sent=body))
            stored.append(second)
            done, _ = await asyncio.wait({second}, timeout=0.1)
            assert not done
            raise KeyError

    stored: list[asyncio.Task[StoredContent]] = []
    with pytest.raises(KeyError):
        await store_and_fail()
    assert await _bytes(shared_storage, await stored[0]) == body.body


async def test_bytes_that_are_stored_and_deleted_at_once_end_as_one_content_or_none(shared_storage: Contents) -> None:
    body = sent()

    async def store_and_delete() -> None:
        for _ in range(5):
            content = await shared_storage.stored(sent=body)
            try:
                async with shared_storage.transaction() as contents:
                    await contents.soft_delete(OWNER, content.content_id)
            except NotFoundError:
                continue

    await asyncio.gather(*(store_and_delete() for _ in range(6)))
    last = await shared_storage.stored(sent=body)
    assert last.deleted_at is None
    assert await shared_storage.stored(sent=body) == last


@pytest.mark.parametrize(
    "differing",
    [
        {"content_id": "A" * 32},
        {"content_id": "a" * 31},
        {"user_id": "a\0b"},
        {"user_id": "u" * 256},
        {"sent": sent(b"")},
        {"sent": sent(mime_type="x" * 256)},
    ],
)
async def test_values_that_the_tables_cannot_hold_are_refused_without_the_databases_words(
    shared_storage: Contents, differing: dict[str, object]
) -> None:
    with pytest.raises(ValidationFailedError, match=r"^a value (cannot be stored|is not allowed)$"):
        await shared_storage.stored(**differing)


async def test_an_id_that_is_taken_is_a_conflict(shared_storage: Contents) -> None:
    content = await shared_storage.stored()
    with pytest.raises(ConflictError) as refused:
        await shared_storage.stored(content_id=content.content_id)
    assert broken_constraint(refused.value) == "pk_contents"


async def test_replaced_bytes_take_the_place_of_the_old_ones_with_all_that_is_known_of_them(
    shared_storage: Contents,
) -> None:
    content, other = await shared_storage.stored(), sent(ESSAY * 2, "text/markdown")
    async with shared_storage.transaction() as contents:
        replaced = await contents.replace(OWNER, content.content_id, other, expected_sha256=content.sha256)
    assert await _bytes(shared_storage, replaced) == other.body
    assert (replaced.sha256, replaced.size_bytes, replaced.mime_type) == (
        other.sha256,
        len(other.body),
        "text/markdown",
    )
    assert (replaced.correlation_id, replaced.row_version) == (other.correlation_id, 2)
    assert replaced.updated_at > content.updated_at
    assert replaced.created_at == content.created_at


async def test_who_read_older_bytes_is_told_so(shared_storage: Contents) -> None:
    content, other = await shared_storage.stored(), sent()
    async with shared_storage.transaction() as contents:
        with pytest.raises(ConflictError) as refused:
            await contents.replace(OWNER, content.content_id, other, expected_sha256=other.sha256)
    assert refused.value.details == {"expected": other.sha256, "sha256": content.sha256}


async def test_of_many_who_read_the_same_bytes_one_alone_replaces_them(shared_storage: Contents) -> None:
    content = await shared_storage.stored()

    async def replace(other: SentBytes) -> bool:
        try:
            async with shared_storage.transaction() as contents:
                await contents.replace(OWNER, content.content_id, other, expected_sha256=content.sha256)
        except ConflictError:
            return False
        return True

    rivals = [sent() for _ in range(8)]
    outcomes = await asyncio.gather(*(replace(other) for other in rivals))
    assert sum(outcomes) == 1
    assert await _bytes(shared_storage, content) == rivals[outcomes.index(True)].body


async def test_bytes_that_the_owner_has_elsewhere_replace_nothing(shared_storage: Contents) -> None:
    elsewhere, content = await shared_storage.stored(sent=sent(b"elsewhere")), await shared_storage.stored()
    with pytest.raises(ConflictError) as refused:
        async with shared_storage.transaction() as contents:
            await contents.replace(OWNER, content.content_id, sent(b"elsewhere"))
    assert (refused.value.code, refused.value.details) == ("same_bytes", {"content_id": elsewhere.content_id})


async def test_of_two_contents_that_are_given_the_same_bytes_at_once_one_gets_them(shared_storage: Contents) -> None:
    pair, body = [await shared_storage.stored() for _ in range(2)], sent()

    async def replace(content: StoredContent) -> bool:
        try:
            async with shared_storage.transaction() as contents:
                await contents.replace(OWNER, content.content_id, body)
        except ConflictError:
            return False
        return True

    assert sum(await asyncio.gather(*(replace(content) for content in pair))) == 1


async def _read(contents: ContentRepository, caller: Caller, content: StoredContent) -> object:
    return await contents.get(caller, content.content_id)


async def _read_bytes(contents: ContentRepository, caller: Caller, content: StoredContent) -> object:
    return await contents.get_with_bytes(caller, content.content_id)


async def _replace(contents: ContentRepository, caller: Caller, content: StoredContent) -> object:
    return await contents.replace(caller, content.content_id, sent())


async def _delete(contents: ContentRepository, caller: Caller, content: StoredContent) -> object:
    return await contents.soft_delete(caller, content.content_id)


Way = Callable[[ContentRepository, Caller, StoredContent], Awaitable[object]]
WAYS: list[Way] = [_read, _read_bytes, _replace, _delete]


@pytest.mark.parametrize("way", WAYS)
async def test_anothers_content_is_not_found_but_an_admin_may_touch_it(shared_storage: Contents, way: Way) -> None:
    content = await shared_storage.stored()
    async with shared_storage.transaction() as contents:
        with pytest.raises(NotFoundError, match=content.content_id):
            await way(contents, STRANGER, content)
        await way(contents, HEAD, content)


@pytest.mark.parametrize("way", WAYS)
async def test_a_deleted_content_is_not_found(shared_storage: Contents, way: Way) -> None:
    content = await shared_storage.deleted()
    async with shared_storage.transaction() as contents:
        with pytest.raises(NotFoundError, match=content.content_id):
            await way(contents, OWNER, content)


async def test_a_deletion_says_who_and_when_and_the_content_can_still_be_asked_for(shared_storage: Contents) -> None:
    deleted = await shared_storage.deleted()
    async with shared_storage.transaction() as contents:
        assert await contents.get(OWNER, deleted.content_id, include_deleted=True) == deleted
    assert deleted.deleted_by == HEAD.user_id
    assert deleted.deleted_at is not None
    assert deleted.deleted_at >= deleted.created_at


async def test_a_restored_content_is_back_with_its_bytes(shared_storage: Contents) -> None:
    deleted = await shared_storage.deleted(sent=sent(b"to be restored"))
    async with shared_storage.transaction() as contents:
        with pytest.raises(NotFoundError):
            await contents.restore(STRANGER, deleted.content_id)
        restored = await contents.restore(OWNER, deleted.content_id, expected_row_version=deleted.row_version)
    assert (restored.deleted_at, restored.deleted_by) == (None, None)
    assert await _bytes(shared_storage, restored) == b"to be restored"


async def test_what_is_not_deleted_or_was_stored_anew_cannot_be_restored(shared_storage: Contents) -> None:
    deleted = await shared_storage.deleted(sent=sent(b"anew"))
    anew = await shared_storage.stored(sent=sent(b"anew"))
    for content, code in ((anew, "not_deleted"), (deleted, "same_bytes")):
        with pytest.raises(ConflictError) as refused:
            async with shared_storage.transaction() as contents:
                await contents.restore(OWNER, content.content_id)
        assert refused.value.code == code


async def test_whoever_saw_an_older_row_neither_deletes_nor_restores(shared_storage: Contents) -> None:
    content = await shared_storage.stored()
    async with shared_storage.transaction() as contents:
        await contents.replace(OWNER, content.content_id, sent())
        for change in (contents.soft_delete, contents.restore):
            with pytest.raises(ConflictError) as refused:
                await change(OWNER, content.content_id, expected_row_version=1)
            assert refused.value.details == {"expected": 1, "row_version": 2}


async def test_bytes_and_facts_are_of_one_moment_while_others_replace_them(shared_storage: Contents) -> None:
    content = await shared_storage.stored()

    async def replace() -> None:
        for number in range(10):
            async with shared_storage.transaction() as contents:
                await contents.replace(OWNER, content.content_id, sent(content.content_id.encode() * (number + 1)))

    async def read() -> None:
        for _ in range(20):
            async with shared_storage.transaction() as contents:
                found = await contents.get_with_bytes(OWNER, content.content_id)
            assert found.content.sha256 == sent(found.body).sha256

    await asyncio.gather(replace(), read(), read())
