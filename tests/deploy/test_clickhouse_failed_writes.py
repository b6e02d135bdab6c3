"""What the endpoint makes of writes that the file system refuses: nothing is confirmed that is not stored, nor lost."""

import io
import resource
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.clickhouse.packed_parts import FILE, CutShortError, set_aside_cut_short, whole_size
from deploy.local.clickhouse.starter import ClickHouse, running_clickhouse
from tests.chaos.small_disk import can_mount, small_disk
from tests.deploy.conftest import wait_until
from tests.support.parts import require_part

PACKED, PLAIN = "min_bytes_for_full_part_storage = 10485760", "min_bytes_for_full_part_storage = 0"
CREATE = "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS old_parts_lifetime = 60, {}"
COUNT = "SELECT count(), sum(n) FROM t"


def ask(server: ClickHouse, statement: str | bytes, **parameters: str | int) -> httpx.Response:
    return httpx.post(server.url, content=statement, params={"async_insert": 0, **parameters}, timeout=60)


def insert(server: ClickHouse, first: int) -> httpx.Response:
    return ask(server, f"INSERT INTO t SELECT number FROM numbers({first}, 1000)")


@contextmanager
def writes_refused(server: ClickHouse) -> Iterator[None]:
    """Let the file system refuse the process all that makes a file longer than a few bytes."""
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))
    yield
    if not has_ended(server):
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)


def has_ended(server: ClickHouse) -> bool:
    return psutil.Process(server.pid).status() == psutil.STATUS_ZOMBIE


def is_refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (500, "243")


@pytest.mark.parametrize("storage", [PACKED, PLAIN], ids=["packed", "plain"])
def test_insert_whose_writes_fail_is_not_confirmed_and_what_was_is_there_after_the_next_start(
    tmp_path: Path, storage: str
) -> None:
    with running_clickhouse(tmp_path) as server:
        ask(server, CREATE.format(storage)).raise_for_status()
        insert(server, 0).raise_for_status()
        with writes_refused(server):
            assert is_refused(insert(server, 1000))
        wait_until(lambda: has_ended(server))
    with running_clickhouse(tmp_path) as again:
        assert ask(again, COUNT).text == f"1000\t{sum(range(1000))}\n"
        insert(again, 1000).raise_for_status()
        assert ask(again, COUNT).text == f"2000\t{sum(range(2000))}\n"
    assert "writes failed" in (tmp_path / "endpoint.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("storage", [PACKED, PLAIN], ids=["packed", "plain"])
def test_merge_whose_writes_fail_loses_nothing(tmp_path: Path, storage: str) -> None:
    with running_clickhouse(tmp_path) as server:
        ask(server, CREATE.format(storage)).raise_for_status()
        for number in range(5):
            insert(server, 1000 * number).raise_for_status()
        with writes_refused(server):
            assert is_refused(ask(server, "OPTIMIZE TABLE t FINAL"))
        wait_until(lambda: has_ended(server))
    with running_clickhouse(tmp_path) as again:
        assert ask(again, COUNT).text == f"5000\t{sum(range(5000))}\n"


def test_insert_that_finds_no_room_for_its_upload_is_told_so_and_leaves_no_file(tmp_path: Path) -> None:
    require_part("a small file system", can_mount(), "only root can mount one")
    with small_disk(tmp_path / "small", megabytes=64) as disk, running_clickhouse(disk.directory / "data") as server:
        ask(server, "CREATE TABLE t (n UInt32) ENGINE = Null").raise_for_status()
        disk.fill()
        refused = ask(server, b"1\n" * 500_000, query="INSERT INTO t FORMAT TSV")
        assert is_refused(refused)
        assert "No space left on device" in refused.text
        assert not list((disk.directory / "data" / "uploads").iterdir())


def test_packed_part_that_was_cut_short_is_set_aside_and_a_whole_one_is_not(tmp_path: Path) -> None:
    with running_clickhouse(tmp_path) as server:
        ask(server, CREATE.format(PACKED)).raise_for_status()
        for number in range(2):
            insert(server, 1000 * number).raise_for_status()
    assert not set_aside_cut_short(tmp_path / "engine")
    cut = max((tmp_path / "engine").glob(f"store/*/*/*/{FILE}"))
    cut.write_bytes(cut.read_bytes()[:-1])
    [kept] = set_aside_cut_short(tmp_path / "engine")
    assert kept.name == f"broken-on-start_{cut.parent.name}"
    with running_clickhouse(tmp_path) as again:
        assert ask(again, "SELECT count() FROM t").text == "1000\n"


NAMES = st.text(alphabet="abc.", min_size=1, max_size=200)


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=5), st.data())
def test_size_of_a_packed_file_is_told_by_its_contents_however_it_was_cut(
    files: dict[str, bytes], data: st.DataObject
) -> None:
    packed = packed_file(files)
    assert whole_size(io.BytesIO(packed)) == len(packed)
    cut = packed[: data.draw(st.integers(0, len(packed) - 1))]
    with suppress(CutShortError):
        assert whole_size(io.BytesIO(cut)) > len(cut)


def packed_file(files: dict[str, bytes]) -> bytes:
    """As the engine writes it: a version, a count, a table of names, offsets and sizes, and what they hold."""
    names = [varint(len(name)) + name.encode() for name in files]
    offset = 9 + sum(len(name) + 16 for name in names)
    table = b""
    for name, content in zip(names, files.values(), strict=True):
        table += name + struct.pack("<QQ", offset, len(content))
        offset += len(content)
    return b"\0" + struct.pack("<Q", len(files)) + table + b"".join(files.values())


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128, number >> 7])
