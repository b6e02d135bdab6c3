"""A strike says whether it had an effect, and a run fails where a kind of fault never had one."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from tests.chaos.echo import connected, received
from tests.chaos.faults import KINDS
from tests.chaos.link import Link
from tests.chaos.parts import Part
from tests.chaos.platform import CLICKHOUSE
from tests.chaos.schedule import Fault
from tests.chaos.source import Source
from tests.chaos.sources import SOURCES
from tests.chaos.verdict import Verdict

ON_THE_LINK = ("slow ClickHouse", "cut off ClickHouse", "inserts unanswered")


def struck(kind: str, *capturing: object, link: Link | None = None) -> bool:
    fault = Fault(1, kind, after_seconds=0.0, lasts_seconds=0.3, draw=0.5, then_recover=True)
    platform: Any = SimpleNamespace(capture=SimpleNamespace(processes=capturing), links={CLICKHOUSE: link})
    return KINDS[kind](platform, fault)


@pytest.fixture(name="process")
def _process() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_a_pause_has_an_effect_if_there_is_a_process(process: "subprocess.Popen[bytes]") -> None:
    part = SimpleNamespace(pid=process.pid)
    assert struck("pause capture", part)
    process.kill()
    process.wait()
    assert not struck("pause capture", part)


def test_a_kill_has_an_effect_if_the_part_runs(process: "subprocess.Popen[bytes]") -> None:
    part = Part(lambda _: nullcontext(process))
    assert not struck("kill capture", part)
    assert struck("kill capture", part)
    process.wait()


@pytest.mark.parametrize("kind", ON_THE_LINK)
def test_a_fault_of_a_link_has_no_effect_where_nobody_asks(kind: str, link: Link) -> None:
    assert not struck(kind, link=link)


@pytest.mark.parametrize("kind", ON_THE_LINK)
def test_a_fault_of_a_link_has_an_effect_on_who_asks(kind: str, link: Link) -> None:
    with connected(link) as client, ThreadPoolExecutor(1) as beside:
        client.sendall(b"before")
        assert client.recv(1000) == b"before"
        strike = beside.submit(struck, kind, link=link)
        while not strike.done():
            try:
                client.sendall(b"INSERT")
            except OSError:
                break
            received(client)
        assert strike.result()


def test_a_kind_that_never_met_anything_is_named_once_it_came_thrice() -> None:
    verdict = Verdict(1, Counter({"kill capture": 3, "pause capture": 3, "cut off ClickHouse": 2}))
    verdict.struck["kill capture"] = 1
    assert verdict.never_struck(sure=()) == ["pause capture came 3 times and never had an effect"]


def test_a_kind_that_always_meets_something_is_named_the_first_time_it_met_nothing() -> None:
    verdict = Verdict(1, Counter({"kill capture": 1, "stop capture": 2, "cut off ClickHouse": 1}))
    verdict.struck["stop capture"] = 1
    assert verdict.never_struck(sure={"kill capture", "stop capture"}) == [
        "kill capture came 1 times and never had an effect"
    ]


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_every_kill_stop_restart_and_pause_of_a_part_is_sure_to_meet_something(source: Source) -> None:
    assert set(source.sure) <= source.kinds.keys()
    of_a_part = {kind for kind in source.kinds if kind.startswith(("kill ", "stop ", "restart ", "pause "))}
    # A walsender may be away just then: it is not a part, but a child of PostgreSQL that comes and goes.
    assert of_a_part - {"pause a walsender"} <= set(source.sure)
