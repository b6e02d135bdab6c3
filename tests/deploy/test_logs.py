"""The parts' logs: bounded, and followed across the moment when they are shortened."""

from pathlib import Path

import pytest

from deploy.local.logs import Follower, shorten, tail


@pytest.fixture(name="log")
def log_fixture(tmp_path: Path) -> Path:
    return tmp_path / "part.log"


def test_tail_is_the_last_lines(log: Path) -> None:
    log.write_text("".join(f"line {number}\n" for number in range(100)), encoding="utf-8")
    assert tail(log, 2) == "line 98\nline 99"
    assert tail(log.with_name("absent.log")) == ""


def test_a_long_log_moves_aside_and_its_writer_goes_on(log: Path) -> None:
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 10)
        shorten(log, longest=39)
        writer.write(b"new\n")
    assert log.read_bytes() == b"new\n"
    assert log.with_name("part.log.1").read_bytes() == b"old\n" * 10


def test_a_log_within_its_bound_is_left_alone(log: Path) -> None:
    log.write_bytes(b"x" * 39)
    shorten(log, longest=39)
    assert log.stat().st_size == 39


def test_a_follower_gives_whole_lines_once(log: Path) -> None:
    log.write_text("before\n", encoding="utf-8")
    follower = Follower(log)
    assert follower.before(5) == "before"
    with log.open("a", encoding="utf-8") as writer:
        writer.write("one\ntw")
        writer.flush()
        assert list(follower.new_lines()) == ["one"]
        writer.write("o\n")
    assert list(follower.new_lines()) == ["two"]
    assert not list(follower.new_lines())


def test_a_follower_starts_again_when_the_log_was_shortened(log: Path) -> None:
    log.write_text("a long line that was there\n", encoding="utf-8")
    follower = Follower(log)
    log.write_text("short\n", encoding="utf-8")
    assert list(follower.new_lines()) == ["short"]
