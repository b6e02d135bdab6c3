"""Chunks of a snapshot: every row goes out once and in order, many at a time, however large the rows are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.copies import snapshot
from cdc.copies.snapshot import _Chunks


@given(st.lists(st.binary(min_size=1, max_size=40)))
def test_every_row_goes_out_once_and_in_order(rows: list[bytes]) -> None:
    sent: list[tuple[int, bytes]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "_CHUNK_BYTES", 64)
        chunks = _Chunks(lambda count, body: sent.append((count, body)))
        for row in rows:
            chunks.write(row)
        chunks.flush()
    assert b"".join(body for _, body in sent) == b"".join(rows)
    assert sum(count for count, _ in sent) == chunks.total == len(rows)
    assert all(len(body) < 64 + 40 for _, body in sent)
    assert all(len(body) >= 64 for _, body in sent[:-1])


def test_an_empty_table_sends_nothing() -> None:
    chunks = _Chunks(lambda count, body: pytest.fail(f"{count} rows were sent: {body!r}"))
    chunks.flush()
    assert chunks.total == 0
