"""The kinds of faults, by name: what each does to the platform, how it ends, and whether it met anything."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg2

from deploy.local.clickhouse.server import CHECK_SECONDS
from tests.chaos import clocks
from tests.chaos.link import Link
from tests.chaos.parts import Part
from tests.chaos.platform import Platform
from tests.chaos.schedule import Fault
from tests.chaos.small_disk import can_mount
from tests.support.sql import run

# True if the fault had an effect: it may come when what it strikes is not there, or does nothing.
Strike = Callable[[Platform, Fault], bool]
_CLOCK_SECONDS = 3 * 3600.0
_SLOW_SECONDS = 0.25
_SEGMENTS = 40
_INSERT, _ANYTHING = b"INSERT", b""
_WALSENDERS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walsender'"


def _killed(part: Callable[[Platform], Part], number: signal.Signals, *, away: bool = False) -> Strike:
    """End a part by a signal; it starts again at once, or stays away as long as the fault lasts."""

    def strike(platform: Platform, fault: Fault) -> bool:
        ran = part(platform).end(number)
        if away:
            time.sleep(fault.lasts_seconds)
        part(platform).start()
        return ran

    return strike


def _paused(pids: Callable[[Platform], list[int]]) -> Strike:
    def strike(platform: Platform, fault: Fault) -> bool:
        paused = [pid for pid in pids(platform) if _signal(pid, signal.SIGSTOP)]
        time.sleep(fault.lasts_seconds)
        for pid in paused:
            _signal(pid, signal.SIGCONT)
        return bool(paused)

    return strike


def _signal(pid: int, number: signal.Signals) -> bool:
    """Send it, and say whether the process was there."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _walsenders(platform: Platform) -> list[int]:
    return [int(str(pid)) for (pid,) in run(platform.superuser_dsn, _WALSENDERS)]


def _slow(link: Callable[[Platform], Link]) -> Strike:
    def strike(platform: Platform, fault: Fault) -> bool:
        before = link(platform).delayed
        link(platform).delay_seconds = _SLOW_SECONDS * fault.draw
        time.sleep(fault.lasts_seconds)
        link(platform).delay_seconds = 0.0
        return link(platform).delayed > before

    return strike


def _cut(link: Callable[[Platform], Link]) -> Strike:
    def strike(platform: Platform, fault: Fault) -> bool:
        before = link(platform).refused
        link(platform).refusing = True
        ends = link(platform).cut()
        time.sleep(fault.lasts_seconds * fault.draw)
        link(platform).refusing = False
        return ends > 0 or link(platform).refused > before

    return strike


def _silent(link: Callable[[Platform], Link]) -> Strike:
    """Lose every byte on the way while connections stay; then hang up, since streams that have a hole are of no use."""

    def strike(platform: Platform, fault: Fault) -> bool:
        before = link(platform).swallowed
        link(platform).swallowing = True
        time.sleep(fault.lasts_seconds)
        # Nobody may connect before all are cut: what has lost its beginning must not go on afterwards.
        link(platform).refusing = True
        link(platform).cut()
        link(platform).swallowing = False
        link(platform).refusing = False
        return link(platform).swallowed > before

    return strike


def _unanswered(link: Callable[[Platform], Link], question: bytes) -> Strike:
    """Cut connections when what was asked was done, and before the answer."""

    def strike(platform: Platform, fault: Fault) -> bool:
        before = link(platform).lost
        link(platform).unanswered = question
        time.sleep(fault.lasts_seconds)
        link(platform).unanswered = None
        return link(platform).lost > before

    return strike


def _full_clickhouse(platform: Platform, fault: Fault) -> bool:
    """Fill ClickHouse's disk: inserts are refused; where a write failed, it ends, to be started again with room."""
    before = platform.told_of_no_room()
    with _full(platform.clickhouse_disk.fill, platform.clickhouse_disk.free):
        time.sleep(fault.lasts_seconds)
    # A write may have failed just before there was room again, and is found out a little later.
    time.sleep(2 * CHECK_SECONDS)
    return platform.clickhouse.revive() or platform.told_of_no_room() > before


def _full_postgres(platform: Platform, fault: Fault) -> bool:
    """Fill PostgreSQL's disk and use up the WAL in store: it panics, and cannot come back before there is room."""
    with _full(platform.postgres_disk.fill, platform.postgres_disk.free):
        refused = _is_refused_wal(platform)
        time.sleep(fault.lasts_seconds)
    if not _answers_soon(platform, seconds=2.0):
        platform.postgres.restart(signal.SIGQUIT)
    return refused


def _is_refused_wal(platform: Platform) -> bool:
    """Write more of it than there is room for; whether PostgreSQL could not."""
    try:
        for _ in range(_SEGMENTS):
            run(platform.superuser_dsn, "SELECT pg_logical_emit_message(false, 'chaos', 'x'), pg_switch_wal()")
    except psycopg2.Error:
        return True
    return False


@contextmanager
def _full(fill: Callable[[], None], free: Callable[[], None]) -> Iterator[None]:
    fill()
    try:
        yield
    finally:
        free()


def _answers_soon(platform: Platform, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(psycopg2.Error):
            run(platform.superuser_dsn, "SELECT 1")
            return True
        time.sleep(0.1)
    return False


def _clock_moved(platform: Platform, fault: Fault) -> bool:
    """Restart PostgreSQL with its clock ahead or behind, and then with the right one: it goes forwards and backwards.

    Not for longer: libfaketime has a lock that a signal's handler may wait for in vain, and PostgreSQL then hangs.
    """
    moved = (fault.draw - 0.5) * 2 * _CLOCK_SECONDS
    found = list[float]()
    for seconds in (moved, 0.0):
        platform.postgres.clock = seconds
        platform.postgres.restart(signal.SIGINT)
        found.append(_seconds_ahead(platform))
        time.sleep(fault.lasts_seconds)
    return abs(found[0] - found[1]) > abs(moved) / 2


def _seconds_ahead(platform: Platform) -> float:
    """How far PostgreSQL's clock is ahead of the machine's."""
    [(told,)] = run(platform.superuser_dsn, "SELECT extract(epoch FROM clock_timestamp())::text")
    return float(str(told)) - time.time()


KINDS: dict[str, Strike] = {
    "kill capture": _killed(lambda it: it.capture, signal.SIGKILL),
    "stop capture": _killed(lambda it: it.capture, signal.SIGTERM, away=True),
    "kill ClickHouse": _killed(lambda it: it.clickhouse, signal.SIGKILL),
    "stop ClickHouse": _killed(lambda it: it.clickhouse, signal.SIGTERM, away=True),
    "kill PostgreSQL": _killed(lambda it: it.postgres, signal.SIGKILL),
    "stop PostgreSQL at once": _killed(lambda it: it.postgres, signal.SIGQUIT, away=True),
    "restart PostgreSQL": _killed(lambda it: it.postgres, signal.SIGINT),
    "pause capture": _paused(lambda it: [it.capture.pid]),
    "pause ClickHouse": _paused(lambda it: [it.clickhouse.pid]),
    "pause a walsender": _paused(_walsenders),
    "slow ClickHouse": _slow(lambda it: it.clickhouse_link),
    "slow PostgreSQL": _slow(lambda it: it.postgres_link),
    "cut off ClickHouse": _cut(lambda it: it.clickhouse_link),
    "cut off PostgreSQL": _cut(lambda it: it.postgres_link),
    "silent ClickHouse": _silent(lambda it: it.clickhouse_link),
    "silent PostgreSQL": _silent(lambda it: it.postgres_link),
    "inserts unanswered": _unanswered(lambda it: it.clickhouse_link, _INSERT),
    "PostgreSQL unanswered": _unanswered(lambda it: it.postgres_link, _ANYTHING),
    "ClickHouse's disk full": _full_clickhouse,
    "PostgreSQL's disk full": _full_postgres,
    "clocks apart": _clock_moved,
}
_NEEDED: dict[str, tuple[Callable[[], bool], str]] = {
    "ClickHouse's disk full": (can_mount, "only root can mount a small file system"),
    "PostgreSQL's disk full": (can_mount, "only root can mount a small file system"),
    "clocks apart": (lambda: clocks.library() is not None, "install Debian's package libfaketime"),
}


def left_out() -> dict[str, str]:
    """The kinds that are not possible here, and what is missing."""
    return {kind: missing for kind, (possible, missing) in _NEEDED.items() if not possible()}
