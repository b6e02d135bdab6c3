"""One run: a platform, its load, faults one after another, and the check of everything now and then and at the end."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from cdc.clickhouse import client
from cdc.postgres import lsn_number
from tests.chaos.as_of_check import instants, wrong_as_of
from tests.chaos.beside import Beside
from tests.chaos.history_check import violations
from tests.chaos.ledger import Ledger
from tests.chaos.observed import epochs_begun, parked_changes, seen_at_rest, shown_as_of, stored_position
from tests.chaos.platform import Platform, running_platform
from tests.chaos.record import Seen
from tests.chaos.sampler import Sampler
from tests.chaos.schedule import Fault
from tests.chaos.source import Source
from tests.chaos.statements import Drawing
from tests.chaos.targets import SERVICES
from tests.chaos.verdict import AWAY, Verdict
from tests.chaos.writer import Writer, already_there, resolved
from tests.support.sql import run

WRITERS = 4
CHECK_EVERY = 25
_BEFORE_CAPTURE = 30
_REST_SECONDS = 60.0
_MOST_SAID = 20
Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What to run: by which source, the seed, how many faults, for how many seconds at most, and of which kinds."""

    source: Source
    seed: int
    faults: int
    kinds: Sequence[str]
    seconds: float = float("inf")
    check_every: int = CHECK_EVERY


class Chaos:
    """A run that is under way."""

    def __init__(self, platform: Platform, source: Source, seed: int, say: Say) -> None:
        self.verdict, self.ledger, self.seen = Verdict(seed), Ledger(), Seen()
        self._platform, self._source, self._say = platform, source, say
        self._samplers = [Sampler(look) for look in source.looks(platform, self.ledger)]
        self._gate, self._beside = threading.Event(), Beside()

    def go_through(self, order: Order) -> None:
        """Strike until the order is filled, time is over or a promise is broken; then check everything."""
        with self.under_load(order.seed):
            deadline = time.monotonic() + order.seconds
            for fault in islice(order.source.schedule(order.seed, order.kinds), order.faults):
                if time.monotonic() > deadline or self.verdict.problems or self._beside.ended_early():
                    break
                self._strike(fault)
                if fault.number % order.check_every == 0:
                    self.check()
            self.check()
        self.verdict.problems += self.verdict.never_struck(self._source.sure)

    @contextmanager
    def under_load(self, seed: int) -> Iterator[None]:
        """Write before capture begins, begin, and write on until the end."""
        urls = self._platform.writers_urls()
        self._write_before_capture(seed)
        self._platform.capture.begin()
        self._recover("the first start")
        for number in range(WRITERS):
            writer = Writer(urls, Drawing(f"{seed}.{number}"), self.ledger)
            self._beside.start(f"writer {number}", partial(writer.run, self._gate))
        for number, sampler in enumerate(self._samplers):
            self._beside.start(f"sampler {number}", sampler.run)
        self._gate.set()
        try:
            yield
        finally:
            self.verdict.problems += self._beside.stop(_REST_SECONDS)

    def check(self) -> None:
        """Let the writers rest and hold everything against what they know; go on writing afterwards."""
        self._gate.clear()
        self.ledger.wait_until_at_rest(_REST_SECONDS)
        self.ledger.resolve(lambda each: resolved(each, self._platform.writers_urls()))
        self._recover("the writers came to rest")
        for sampler in self._samplers:
            sampler.look()
        written = self.ledger.all()
        self.verdict.count(written, min(sampler.samples for sampler in self._samplers))
        with client(self._platform.ground.clickhouse_url) as opened:
            self.seen, epochs = seen_at_rest(opened), epochs_begun(opened)
            broken = [f"{parked}, though no fault makes a change unfit" for parked in parked_changes(opened)]
            broken += [
                sentence
                for at in instants(self.seen, self.verdict.seed)
                for sentence in wrong_as_of(self.seen, at, shown_as_of(opened, at))
            ]
        broken += [*violations(written, self.seen), *(each for sampler in self._samplers for each in sampler.found)]
        broken += [
            f"at rest could not be looked at: {sampler.missed!r}" for sampler in self._samplers if sampler.missed
        ]
        broken += [*self._platform.verify(), *self._defects()]
        broken += [f"a new epoch began, though no fault makes a gap: {reason}" for reason in epochs[len(SERVICES) :]]
        self.verdict.problems += broken
        changes, faults = self.verdict.changes, self.verdict.faults.total()
        self._say(f"checked {changes} changes after {faults} faults: {len(broken)} problems")
        self._gate.set()

    def lag_seconds(self) -> float:
        """How long it takes until everything committed before this call is stored."""
        asked = time.monotonic()
        self._recover("the lag was measured")
        return time.monotonic() - asked

    def _write_before_capture(self, seed: int) -> None:
        early, drawing = Ledger(), Drawing(f"{seed}.early")
        urls = self._platform.writers_urls()
        early.record(already_there(urls))
        writer = Writer(urls, drawing, early)
        for _ in range(_BEFORE_CAPTURE):
            writer.write(drawing.plan())
        for each in early.all():
            self.ledger.record(replace(each, before_capture=True))

    def _strike(self, fault: Fault) -> None:
        time.sleep(fault.after_seconds)
        self._samplers[0].look()
        began = time.monotonic()
        had_effect = self._source.kinds[fault.kind](self._platform, fault)
        self.verdict.faults[fault.kind] += 1
        self.verdict.struck[fault.kind] += had_effect
        self._samplers[0].look()
        struck = time.monotonic()
        if fault.then_recover:
            self._recover(f"fault {fault.number}, {fault.kind}")
        recovered = f"recovered after {time.monotonic() - struck:.1f} s" if fault.then_recover else "left as it is"
        effect = "" if had_effect else "had no effect, "
        self._say(f"{fault.number}: {fault.kind} for {struck - began:.1f} s, {effect}{recovered}")

    def _recover(self, since: str) -> None:
        """Wait until everything committed so far is stored."""
        seconds = self._source.recovery_seconds
        deadline = time.monotonic() + seconds
        wanted = None
        while time.monotonic() < deadline:
            self._platform.revive()
            try:
                wanted = wanted or self._written()
                if self._stored() >= wanted:
                    return
            except AWAY:
                pass
            time.sleep(0.05)
        self.verdict.problems.append(f"capture did not come back within {seconds:g} s after {since}")

    def _written(self) -> int:
        return lsn_number(
            str(run(self._platform.ground.superuser_dsn, "SELECT pg_current_wal_insert_lsn()::text")[0][0])
        )

    def _stored(self) -> int:
        with client(self._platform.ground.clickhouse_url) as opened:
            return stored_position(opened)

    def _defects(self) -> list[str]:
        unknown = self._platform.said("Traceback")
        return ["capture met an error that it does not know: a traceback is in its log"] if unknown else []


def run_faults(order: Order, kept: Path, say: Say = print) -> Verdict:
    """Run an order; after a failure `kept` has the logs, the history of both sides and what was broken."""
    with running_platform(order.source.capturing) as platform:
        chaos = Chaos(platform, order.source, order.seed, say)
        try:
            with chaos.verdict.reached():
                chaos.go_through(order)
        finally:
            if chaos.verdict.problems:
                _keep(chaos, platform, kept)
    for problem in chaos.verdict.problems[:_MOST_SAID]:
        say(problem)
    return chaos.verdict


def _keep(chaos: Chaos, platform: Platform, kept: Path) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    platform.keep_logs(kept)
    chaos.ledger.write(kept / "transactions.jsonl")
    versions = (f"{each}\n" for each in sorted(chaos.seen.versions, key=lambda each: each.version))
    with (kept / "seen.txt").open("w", encoding="utf-8") as file:
        file.writelines(versions)
        file.writelines(f"current {each}\n" for each in chaos.seen.current)
        file.writelines(f"truncate {each}\n" for each in sorted(chaos.seen.truncates))
    (kept / "broken.txt").write_text("\n".join(chaos.verdict.problems) + "\n", encoding="utf-8")
