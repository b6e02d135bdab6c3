"""Arrivals, refusals, redrives, discards, restarts and replays in any order, and in the midst of one another."""

from collections.abc import Callable
from dataclasses import replace

from clickhouse_connect.driver import Client
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cdc.batch import Rows
from cdc.catalog.parked_sql import LetterState
from cdc.dead_letters.landed import landed_rows
from cdc.dead_letters.letter import Letter, key_of
from cdc.dead_letters.parking import Parking
from cdc.dead_letters.redrive import redrive
from cdc.rowbinary import nullable_string, row_head
from tests.unit.cdc.dead_letters.letters_in_memory import Change, LettersInMemory
from tests.unit.cdc.scripted_clickhouse import ScriptedClickHouse
from tests.unit.cdc.tables import shelf_catalog

BOOKS = shelf_catalog().tables[0]
KEYS, VALUES = ("a", "b", "c"), ("fine", "ill", "worse")
BATCHES = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)), min_size=1, max_size=6)
CALLS = st.integers(1, 8)


class Letters(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = LettersInMemory()
        self.standing_in = self.store.standing_in()
        self.client: Client = ScriptedClickHouse().as_client()
        self.batches: list[Rows] = []
        self.replayable_from = 0
        self.arrived: list[Change] = []
        self.parking = self.new_parking()

    def teardown(self) -> None:
        self.standing_in.__exit__(None, None, None)

    def new_parking(self) -> Parking:
        return Parking(self.client, BOOKS.service, in_a_row=1_000)

    @initialize(refused=st.sets(st.sampled_from(VALUES[1:])))
    def begin(self, refused: set[str]) -> None:
        self.store.refused = set(refused)

    @rule(batch=BATCHES)
    def arrive(self, batch: list[tuple[str, str]]) -> None:
        self.batches.append(self.rows(batch))
        self.parking.store(BOOKS, self.batches[-1])

    @rule(batch=BATCHES, calls=CALLS, batches=st.integers(0, 3), more=BATCHES)
    def redrive_in_the_midst_of_arrivals(
        self, batch: list[tuple[str, str]], calls: int, batches: int, more: list[tuple[str, str]]
    ) -> None:
        self.amidst(calls, self.redrive_all, lambda: [self.arrive(each) for each in [batch, *[more] * batches]])

    @rule(batch=BATCHES, calls=CALLS)
    def arrive_in_the_midst_of_a_redrive(self, batch: list[tuple[str, str]], calls: int) -> None:
        self.amidst(calls, lambda: self.arrive(batch), self.redrive_all)

    @rule()
    def redrive_all(self) -> None:
        list(redrive(self.client, BOOKS))

    @rule(key=st.sampled_from(KEYS))
    def redrive_one_key(self, key: str) -> None:
        outcomes = list(redrive(self.client, BOOKS, (key,)))
        assert {outcome.letter.key_texts for outcome in outcomes} <= {(key,)}

    @rule(number=st.integers(0, 20))
    def discard(self, number: int) -> None:
        found = self.store.open()
        if found:
            letter = found[number % len(found)]
            self.store.write(self.client, [replace(letter, state=LetterState.DISCARDED, note="not needed")])

    @rule(value=st.sampled_from(VALUES[1:]))
    def mend(self, value: str) -> None:
        self.store.refused.discard(value)

    @rule(value=st.sampled_from(VALUES[1:]))
    def break_again(self, value: str) -> None:
        self.store.refused.add(value)
        # What was stored and is sent again would be parked though it is there; it is that `verify` must know.
        self.replayable_from = len(self.batches)

    @rule(batches=st.integers(0, 4))
    def restart_and_replay(self, batches: int) -> None:
        self.parking = self.new_parking()
        for rows in self.batches[max(len(self.batches) - batches, self.replayable_from) :]:
            self.parking.store(BOOKS, rows)

    @invariant()
    def nothing_is_lost(self) -> None:
        known = self.store.history | self.store.letters.keys()
        assert set(self.arrived) <= known
        redriven = {change for change, each in self.store.letters.items() if each.state is LetterState.REDRIVEN}
        assert redriven <= self.store.history

    @invariant()
    def nothing_is_there_twice(self) -> None:
        assert not self.store.history & {letter.change for letter in self.store.open()}

    @invariant()
    def no_change_overtakes_an_earlier_one_of_its_key(self) -> None:
        for key, version in (letter.change for letter in self.store.open()):
            assert not any(stored[0] == key and stored[1] > version for stored in self.store.history)

    @invariant()
    def no_key_waits_for_nothing(self) -> None:
        given_up = {each.key for each in self.store.letters.values() if each.state is LetterState.DISCARDED}
        oldest: dict[bytes, Letter] = {}
        for letter in self.store.open():
            oldest.setdefault(letter.key, letter)
        assert all(letter.refused for key, letter in oldest.items() if key not in given_up)

    def amidst(self, calls: int, act: Callable[[], object], of: Callable[[], object]) -> None:
        """Do something before one of the calls that something else makes."""
        self.store.before = {calls: act}
        of()
        self.store.before = {}

    def rows(self, batch: list[tuple[str, str]]) -> Rows:
        first = len(self.arrived) + 1
        bodies = [
            row_head(b"u", lsn, 1, 7, 0) + key_of((key,)) + nullable_string(value.encode()) + b"\1\1"
            for lsn, (key, value) in enumerate(batch, start=first)
        ]
        rows = Rows(len(bodies), b"".join(bodies))
        self.arrived += [row.change for row in landed_rows(rows, len(BOOKS.columns), len(BOOKS.key))]
        return rows


Letters.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestLetters = Letters.TestCase
