"""The memory of `python -m cdc run` is bounded by its batches, however large a transaction or a table is."""

from pathlib import Path

from cdc.copies.resnapshot import copy_anew
from tests.pipeline.capture import Capture, file_ids, new_file
from tests.pipeline.cdc_process import cdc_run
from tests.support.memory import peak_bytes

MIB = 1 << 20
BATCH, TRANSACTION, BOUND = 2 * MIB, 64 * MIB, 40 * MIB
ROW = MIB // 8
(FIRST,) = file_ids(1)
# Texts that hardly compress, so that no part of the way carries less than it seems.
WORDS = f"SELECT string_agg(md5(number || '.' || part), '') FROM generate_series(1, {ROW // 32}) AS part"
ONE_LARGE_TRANSACTION = (
    "INSERT INTO files (file_id, batch_id, user_id, filename, validation_error_message)"
    f" SELECT gen_random_uuid(), gen_random_uuid(), 'anna', 'large', ({WORDS})"
    f" FROM generate_series(1, {TRANSACTION // ROW}) AS number"
)


def test_a_transaction_of_many_batches_and_a_copy_of_it_take_the_memory_of_a_few(
    capture: Capture, tmp_path: Path
) -> None:
    with cdc_run(capture, tmp_path / "cdc.log", CDC_BATCH_BYTES=str(BATCH), CDC_BATCH_ROWS="100000") as process:
        capture.write(new_file(FIRST))
        capture.catch_up(seconds=90)
        before = peak_bytes(process.pid)
        capture.write(ONE_LARGE_TRANSACTION)
        capture.catch_up(seconds=90)
        grown = peak_bytes(process.pid) - before
        stored = capture.select("SELECT count(), sum(length(validation_error_message)) FROM file.files")
        assert grown < BOUND
        copied = copy_anew(capture.table("files"), capture.database.cdc_url, capture.clickhouse, print)
        assert peak_bytes(process.pid) - before < BOUND
    assert stored == [(1 + TRANSACTION // ROW, TRANSACTION)]
    assert copied.row_count == 1 + TRANSACTION // ROW


def test_capture_does_without_the_drivers_data_frames(capture: Capture, tmp_path: Path) -> None:
    """Inserting rows by the driver's own means loads pandas and Arrow, which take more memory than all of capture."""
    with cdc_run(capture, tmp_path / "cdc.log") as process:
        capture.write(new_file(FIRST))
        capture.catch_up()
        loaded = Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")
    assert "psycopg" in loaded
    assert [name for name in ("arrow", "pandas", "numpy") if name in loaded] == []
