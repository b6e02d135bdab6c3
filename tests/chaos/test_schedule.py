"""The schedule and the data are functions of the seed, and every kind comes as often as its source wants it."""

from collections import Counter
from itertools import islice

import pytest

from tests.chaos.by_kafka import BY_KAFKA
from tests.chaos.by_slot import BY_SLOT
from tests.chaos.kafka_faults import KILLS
from tests.chaos.schedule import Fault
from tests.chaos.source import Source
from tests.chaos.statements import Drawing


def faults(source: Source, seed: int, count: int) -> list[Fault]:
    return list(islice(source.schedule(seed, list(source.kinds)), count))


@pytest.mark.parametrize("source", [BY_SLOT, BY_KAFKA], ids=["slot", "kafka"])
def test_the_same_seed_gives_the_same_faults(source: Source) -> None:
    first, again = (faults(source, 7, 100) for _ in range(2))
    assert first == again
    assert first != faults(source, 8, 100)


def test_each_kind_comes_once_in_a_round() -> None:
    kinds = Counter(fault.kind for fault in faults(BY_SLOT, 1, 3 * len(BY_SLOT.kinds)))
    assert set(kinds.values()) == {3}


@pytest.mark.parametrize("seed", range(20))
def test_of_200_faults_by_way_of_kafka_30_kill_a_jvm_and_every_other_kind_comes(seed: int) -> None:
    kinds = Counter(fault.kind for fault in faults(BY_KAFKA, seed, 200))
    assert sum(kinds[kind] for kind in KILLS) >= 30
    assert kinds.keys() == BY_KAFKA.kinds.keys()
    assert min(kinds.values()) >= 5


def test_only_kinds_that_were_chosen_come_each_as_often_as_ever() -> None:
    assert Counter(BY_KAFKA.round(["kill Kafka", "pause capture"])) == {"kill Kafka": 3, "pause capture": 1}


def test_the_same_seed_gives_the_same_transactions() -> None:
    first, again = (Drawing("7.1") for _ in range(2))
    plans = [first.plan() for _ in range(300)]
    assert plans == [again.plan() for _ in range(300)]
    assert any(statement.truncated for plan in plans for statement in plan.statements)
    assert any(not plan.commit for plan in plans)
