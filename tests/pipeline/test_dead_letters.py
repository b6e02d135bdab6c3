"""A change that ClickHouse refuses is parked with what follows of its key; all else flows on, and it can be healed."""

import threading
from contextlib import ExitStack

from tests.pipeline.capture import Capture, file_ids, new_file, new_version, wait_until
from tests.pipeline.dead_letters import POISON, parked, redriven, refusing, without_letters

ONE, TWO, THREE = file_ids(3)


def rename(key: str, filename: str) -> str:
    return f"UPDATE files SET filename = '{filename}' WHERE file_id = '{key}'"


def move(key: str, to: str) -> str:
    return f"UPDATE files SET file_id = '{to}' WHERE file_id = '{key}'"


def delete(key: str) -> str:
    return f"DELETE FROM files WHERE file_id = '{key}'"


def names(capture: Capture) -> dict[str, str]:
    return {str(key): name for key, name in capture.select("SELECT file_id, filename FROM file.files")}


def history(capture: Capture, key: str) -> list[tuple[object, ...]]:
    return capture.select(f"SELECT _op, filename FROM file.files_history WHERE file_id = '{key}' ORDER BY _version")


def test_a_refused_change_is_parked_and_everything_else_flows_on(capture: Capture) -> None:
    with capture.streaming(), refusing(capture) as mend:
        capture.write(new_file(ONE), new_file(TWO, POISON), new_file(THREE), new_version(THREE, 1))
        capture.write(rename(THREE, "later"))
        capture.catch_up()
        before = capture.wal_position()
        wait_until(lambda: capture.confirmed_position() >= before, "the slot to move past the refused change")
        assert names(capture) == {ONE: "essay.txt", THREE: "later"}
        assert parked(capture) == [(TWO, "c", True)]
        [missing] = capture.differences()
        assert f"file_id={TWO}" in missing
        assert "the row is missing in ClickHouse; of its changes 1 parked as dead letters" in missing
        assert "Constraint `by_hand`" in missing
        mend()
        assert redriven(capture) == (1, [])
        capture.assert_whole()
    assert parked(capture) == []


def test_later_changes_of_the_same_key_wait_behind_a_refused_one(capture: Capture) -> None:
    with capture.streaming(), refusing(capture) as mend:
        capture.write(new_file(ONE, "first"))
        for statement in (rename(ONE, POISON), rename(ONE, "third"), delete(ONE), new_file(ONE, "again")):
            capture.write(statement)
        capture.catch_up()
        assert history(capture, ONE) == [("c", "first")]
        assert parked(capture) == [(ONE, "u", True), (ONE, "u", False), (ONE, "d", False), (ONE, "c", False)]
        assert without_letters(capture.differences()) == []
        mend()
        assert redriven(capture) == (4, [])
        capture.assert_whole()
    assert history(capture, ONE) == [("c", "first"), ("u", POISON), ("u", "third"), ("d", "third"), ("c", "again")]


def test_changes_of_the_key_wait_also_if_they_come_in_the_same_transaction(capture: Capture) -> None:
    with capture.streaming(), refusing(capture) as mend:
        capture.write(new_file(ONE, "first"), rename(ONE, POISON), new_file(TWO), rename(ONE, "third"), delete(TWO))
        capture.catch_up()
        assert history(capture, ONE) == [("c", "first")]
        assert history(capture, TWO) == [("c", "essay.txt"), ("d", "essay.txt")]
        assert parked(capture) == [(ONE, "u", True), (ONE, "u", False)]
        mend()
        assert redriven(capture) == (2, [])
        capture.assert_whole()


def test_a_key_change_parks_the_half_that_is_of_the_refused_key(capture: Capture) -> None:
    with capture.streaming(), refusing(capture) as mend:
        capture.write(new_file(ONE, POISON), new_file(TWO, "second"))
        capture.write(move(ONE, THREE), rename(THREE, "came away"))
        capture.write(move(TWO, ONE))
        capture.catch_up()
        # Of the first move the deletion waits; the row that came of it is refused, being poisoned still.
        assert parked(capture) == [
            (ONE, "c", True),
            (ONE, "d", False),
            (THREE, "c", True),
            (THREE, "u", False),
            (ONE, "c", False),
        ]
        assert names(capture) == {}
        assert history(capture, TWO) == [("c", "second"), ("d", "second")]
        assert without_letters(capture.differences()) == []
        mend()
        assert redriven(capture) == (5, [])
        capture.assert_whole()
    assert names(capture) == {ONE: "second", THREE: "came away"}


def test_a_row_that_latest_alone_refuses_is_parked_and_counted_once(capture: Capture) -> None:
    with capture.streaming(), refusing(capture, "file_store.files_latest") as mend:
        capture.write(new_file(ONE), new_file(TWO, POISON))
        capture.catch_up()
        assert parked(capture) == [(TWO, "c", True)]
        assert without_letters(capture.differences()) == []
        mend()
        assert redriven(capture) == (1, [])
        capture.assert_whole()


def test_what_is_still_refused_stays_and_says_why_and_the_rest_is_stored(capture: Capture) -> None:
    with capture.streaming(), ExitStack() as opened:
        mend = opened.enter_context(refusing(capture, allowed="filename NOT IN ('poison', 'venom')"))
        capture.write(new_file(ONE, POISON), new_file(TWO, "venom"), new_file(THREE, POISON))
        capture.write(rename(TWO, "behind"))
        capture.catch_up()
        mend()
        mend = opened.enter_context(refusing(capture, allowed="filename != 'venom'"))
        stored, refusals = redriven(capture)
        assert stored == 2
        assert len(refusals) == 2
        assert "filename != 'venom'" in refusals[0]
        assert refusals[1] == "an earlier change of the same key waits"
        assert names(capture) == {ONE: POISON, THREE: POISON}
        assert parked(capture) == [(TWO, "c", True), (TWO, "u", False)]
        mend()
        assert redriven(capture) == (2, [])
        capture.assert_whole()


def test_redriving_while_the_same_keys_are_written_leaves_nothing_stranded(capture: Capture) -> None:
    keys, ended = file_ids(8), threading.Event()
    with capture.streaming(), refusing(capture) as mend:
        capture.write(*(new_file(key, POISON) for key in keys))
        capture.catch_up()

        def write_on() -> None:
            number = 0
            while not ended.is_set():
                number += 1
                capture.write(*(rename(key, f"name {number}") for key in keys))

        writing = threading.Thread(target=write_on)
        writing.start()
        try:
            wait_until(lambda: len(parked(capture)) > 40, "changes to gather behind the refused ones")
            mend()
            redriven(capture)
            wait_until(lambda: not parked(capture), "nothing to be parked any more")
        finally:
            ended.set()
            writing.join()
        capture.catch_up()
        assert parked(capture) == []
        capture.assert_whole()
    assert len(history(capture, ONE)) > 5
