"""What faults do, whatever way changes take: to which part or link, how it ends, and whether it met anything.

Which of several processes that capture a fault befalls is drawn with it.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg2

from deploy.local.clickhouse.server import CHECK_SECONDS
from tests.chaos import clocks
from tests.chaos.parts import Part
from tests.chaos.platform import CLICKHOUSE, POSTGRES, Platform
from tests.chaos.schedule import Fault
from tests.chaos.small_disk import can_mount
from tests.support.sql import run

# True if the fault had an effect: it may come when what it strikes is not there, or does nothing.
Strike = Callable[[Platform, Fault], bool]
Struck = Callable[[Platform, Fault], Part]
_CLOCK_SECONDS = 3 * 3600.0
_SLOW_SECONDS = 0.25
_SEGMENTS = 40
_INSERT, _ANYTHING = b"INSERT", b""
_NO_ROOM = "NOT_ENOUGH_SPACE"
_WALSENDERS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walsender'"


def part(name: str) -> Struck:
    """The part of that name."""
    return lambda platform, _: platform.parts[name]


def one_that_captures(platform: Platform, fault: Fault) -> Part:
    """The process of capture that is drawn with the fault."""
    processes = platform.capture.processes
    return processes[int(fault.draw * len(processes))]


def killed(struck: Struck, number: signal.Signals, *, away: bool = False) -> Strike:
    """End a part by a signal; it starts again at once, or stays away as long as the fault lasts."""

    def strike(platform: Platform, fault: Fault) -> bool:
        ran = struck(platform, fault).end(number)
        if away:
            time.sleep(fault.lasts_seconds)
        struck(platform, fault).start()
        return ran

    return strike


def paused(struck: Struck) -> Strike:
    """Stop a part's process, and let it go on."""
    return _paused(lambda platform, fault: [struck(platform, fault).pid])


def _paused(pids: Callable[[Platform, Fault], list[int]]) -> Strike:
    def strike(platform: Platform, fault: Fault) -> bool:
        with held(pids(platform, fault)) as stopped:
            time.sleep(fault.lasts_seconds)
        return bool(stopped)

    return strike


@contextmanager
def held(pids: list[int]) -> Iterator[list[int]]:
    """Keep processes from running; those that were there."""
    stopped = [pid for pid in pids if pid and _signal(pid, signal.SIGSTOP)]
    try:
        yield stopped
    finally:
        for pid in stopped:
            _signal(pid, signal.SIGCONT)


def _signal(pid: int, number: signal.Signals) -> bool:
    """Send it, and say whether the process was there."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _walsenders(platform: Platform, _: Fault) -> list[int]:
    return [int(str(pid)) for (pid,) in run(platform.ground.superuser_dsn, _WALSENDERS)]


def slow(link: str) -> Strike:
    """Have every chunk on a link take a while."""

    def strike(platform: Platform, fault: Fault) -> bool:
        before = platform.links[link].delayed
        platform.links[link].delay_seconds = _SLOW_SECONDS * fault.draw
        time.sleep(fault.lasts_seconds)
        platform.links[link].delay_seconds = 0.0
        return platform.links[link].delayed > before

    return strike


def cut(link: str) -> Strike:
    """Hang up on everybody, and let nobody in for a while."""

    def strike(platform: Platform, fault: Fault) -> bool:
        before = platform.links[link].refused
        platform.links[link].refusing = True
        ends = platform.links[link].cut()
        time.sleep(fault.lasts_seconds * fault.draw)
        platform.links[link].refusing = False
        return ends > 0 or platform.links[link].refused > before

    return strike


def silent(link: str) -> Strike:
    """Lose every byte on the way while connections stay; then hang up, since streams that have a hole are of no use."""

    def strike(platform: Platform, fault: Fault) -> bool:
        before = platform.links[link].swallowed
        platform.links[link].swallowing = True
        time.sleep(fault.lasts_seconds)
        # Nobody may connect before all are cut: what has lost its beginning must not go on afterwards.
        platform.links[link].refusing = True
        platform.links[link].cut()
        platform.links[link].swallowing = False
        platform.links[link].refusing = False
        return platform.links[link].swallowed > before

    return strike


def unanswered(link: str, question: bytes) -> Strike:
    """Cut connections when what was asked was done, and before the answer."""

    def strike(platform: Platform, fault: Fault) -> bool:
        before = platform.links[link].lost
        platform.links[link].unanswered = question
        time.sleep(fault.lasts_seconds)
        platform.links[link].unanswered = None
        return platform.links[link].lost > before

    return strike


def _full_clickhouse(platform: Platform, fault: Fault) -> bool:
    """Fill ClickHouse's disk: inserts are refused; where a write failed, it ends, to be started again with room."""
    before = platform.said(_NO_ROOM)
    with _full(platform.disks[CLICKHOUSE].fill, platform.disks[CLICKHOUSE].free):
        time.sleep(fault.lasts_seconds)
    # A write may have failed just before there was room again, and is found out a little later.
    time.sleep(2 * CHECK_SECONDS)
    return platform.parts[CLICKHOUSE].revive() or platform.said(_NO_ROOM) > before


def _full_postgres(platform: Platform, fault: Fault) -> bool:
    """Fill PostgreSQL's disk and use up the WAL in store: it panics, and cannot come back before there is room."""
    with _full(platform.disks[POSTGRES].fill, platform.disks[POSTGRES].free):
        refused = _is_refused_wal(platform)
        time.sleep(fault.lasts_seconds)
    if not _answers_soon(platform, seconds=2.0):
        platform.parts[POSTGRES].restart(signal.SIGQUIT)
    return refused


def _is_refused_wal(platform: Platform) -> bool:
    """Write more of it than there is room for; whether PostgreSQL could not."""
    try:
        for _ in range(_SEGMENTS):
            run(platform.ground.superuser_dsn, "SELECT pg_logical_emit_message(false, 'chaos', 'x'), pg_switch_wal()")
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
            run(platform.ground.superuser_dsn, "SELECT 1")
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
        platform.parts[POSTGRES].clock = seconds
        platform.parts[POSTGRES].restart(signal.SIGINT)
        found.append(_seconds_ahead(platform))
        time.sleep(fault.lasts_seconds)
    return abs(found[0] - found[1]) > abs(moved) / 2


def _seconds_ahead(platform: Platform) -> float:
    """How far PostgreSQL's clock is ahead of the machine's."""
    [(told,)] = run(platform.ground.superuser_dsn, "SELECT extract(epoch FROM clock_timestamp())::text")
    return float(str(told)) - time.time()


KINDS: dict[str, Strike] = {
    "kill capture": killed(one_that_captures, signal.SIGKILL),
    "stop capture": killed(one_that_captures, signal.SIGTERM, away=True),
    "kill ClickHouse": killed(part(CLICKHOUSE), signal.SIGKILL),
    "stop ClickHouse": killed(part(CLICKHOUSE), signal.SIGTERM, away=True),
    "kill PostgreSQL": killed(part(POSTGRES), signal.SIGKILL),
    "stop PostgreSQL at once": killed(part(POSTGRES), signal.SIGQUIT, away=True),
    "restart PostgreSQL": killed(part(POSTGRES), signal.SIGINT),
    "pause capture": paused(one_that_captures),
    "pause ClickHouse": paused(part(CLICKHOUSE)),
    "pause a walsender": _paused(_walsenders),
    "slow ClickHouse": slow(CLICKHOUSE),
    "slow PostgreSQL": slow(POSTGRES),
    "cut off ClickHouse": cut(CLICKHOUSE),
    "cut off PostgreSQL": cut(POSTGRES),
    "silent ClickHouse": silent(CLICKHOUSE),
    "silent PostgreSQL": silent(POSTGRES),
    "inserts unanswered": unanswered(CLICKHOUSE, _INSERT),
    "PostgreSQL unanswered": unanswered(POSTGRES, _ANYTHING),
    "ClickHouse's disk full": _full_clickhouse,
    "PostgreSQL's disk full": _full_postgres,
    "clocks apart": _clock_moved,
}
# They strike a part itself, not what happens to be under way, and so meet something whenever they come.
SURE = frozenset(
    {
        "kill capture",
        "stop capture",
        "kill ClickHouse",
        "stop ClickHouse",
        "kill PostgreSQL",
        "stop PostgreSQL at once",
        "restart PostgreSQL",
        "pause capture",
        "pause ClickHouse",
        "PostgreSQL's disk full",
        "clocks apart",
    }
)
_NEEDED: dict[str, tuple[Callable[[], bool], str]] = {
    "ClickHouse's disk full": (can_mount, "only root can mount a small file system"),
    "PostgreSQL's disk full": (can_mount, "only root can mount a small file system"),
    "clocks apart": (lambda: clocks.library() is not None, "install Debian's package libfaketime"),
}


def left_out() -> dict[str, str]:
    """The kinds that are not possible here, and what is missing."""
    return {kind: missing for kind, (possible, missing) in _NEEDED.items() if not possible()}
