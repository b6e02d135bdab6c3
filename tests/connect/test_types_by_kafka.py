"""Every type through Debezium: stored as by the slot, or refused by name; and the type table of DESIGN.md says which.

Values that Debezium tells wrongly though it tells others of their type rightly must not be stored.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest

from cdc.catalog.envelope_names import ENVELOPE_INSERT_SETTINGS
from cdc.catalog.envelope_sql import envelopes_of, landing_rows_of, refusals
from cdc.catalog.model import CatalogError
from cdc.clickhouse import client
from cdc.connect.configuration import require_carried
from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.kafka.broker import Kafka
from deploy.local.kafka.connect import Connect
from deploy.local.postgres import Postgres
from tests.connect.through_kafka import ThroughKafka
from tests.pipeline.capture import Capture
from tests.pipeline.sample_values import VALUES, Sample, samples
from tests.pipeline.sampled import differing, insert, sampled_table, texts_in_clickhouse, texts_in_postgres
from tests.pipeline.type_table import assert_documented
from tests.support.service_database import ServiceTemplates

# Of arrays: several dimensions, which Debezium sends as what says nothing, and other indexes, which it does not send.
SEVERAL_DIMENSIONS, OTHER_INDEXES = re.compile(r"\{\{.*", re.DOTALL), "[2:3]={a,b}"
# Floats from here on may have a text that is as near to the next one.
WHOLE = 2**53
FLOATS = {"double precision", "real"}


# A table with a column of each of these types, captured by the slot.
Sampled = Callable[[Iterable[str]], AbstractContextManager[Capture]]
# The same table by way of Kafka.
Through = Callable[[Capture], ThroughKafka]


@pytest.fixture(name="sampled")
def _sampled(postgres_server: Postgres, service_templates: ServiceTemplates, clickhouse_server: ClickHouse) -> Sampled:
    return partial(sampled_table, postgres_server, service_templates, clickhouse_server)


@pytest.fixture(name="every_type")
def _every_type(sampled: Sampled) -> Iterator[Capture]:
    with sampled(VALUES) as capture:
        yield capture


@pytest.fixture(name="through")
def _through(connect: Connect, kafka: Kafka) -> Through:
    return lambda capture: ThroughKafka(capture, connect, kafka.bootstrap)


def refused_types(capture: Capture) -> dict[str, str]:
    """The types of the table's columns that Debezium does not carry, each with why."""
    [table] = capture.catalog.tables
    places = {column.name: name for column, name in zip(table.value_columns, VALUES, strict=True)}
    return {places[column.name]: str(error).rpartition("faithfully: ")[2] for column, error in refusals(table)}


def told_rightly(name: str, text: str | None, *, edge: bool) -> bool:
    """Whether Debezium tells a value of a type that it carries; a drawn float may be one that it cannot be told of."""
    if text is None:
        return True
    if name.endswith("[]"):
        return text != OTHER_INDEXES and not SEVERAL_DIMENSIONS.fullmatch(text)
    return edge or name not in FLOATS or abs(float(text)) < WHOLE


def carried_samples(seed: int, carried: list[str]) -> list[Sample]:
    """The rows that the slot is tried with: of the types that are carried, without the values that are not."""
    edges = max(map(len, VALUES.values()))
    return [
        Sample(
            row.number,
            tuple(
                text if told_rightly(name, text, edge=row.number < edges) else None
                for name, text in zip(VALUES, row.texts, strict=True)
                if name in carried
            ),
        )
        for row in samples(seed)
    ]


def test_every_type_is_stored_as_by_the_slot_or_refused_by_name(
    every_type: Capture, sampled: Sampled, through: Through
) -> None:
    print(f"seed {(seed := random.randrange(2**32))}")
    refused = refused_types(every_type)
    with pytest.raises(CatalogError) as error:
        require_carried(every_type.catalog)
    assert all(f"{name} faithfully: {why}" in str(error.value) for name, why in refused.items() if "[]" not in name)
    with every_type.streaming():
        insert(every_type, samples(seed))
        every_type.catch_up()
    carried = [name for name in VALUES if name not in refused]
    with sampled(carried) as capture:
        sent = stored_as_by_the_slot(through(capture), seed, carried)
    assert_documented(every_type, lambda name, text: shown(name, text, refused, sent))


def stored_as_by_the_slot(through: ThroughKafka, seed: int, carried: list[str]) -> dict[tuple[str, str], str]:
    """Store the samples as the slot does and as Debezium does, and see that both are the same.

    What Debezium sent, by type and text.
    """
    capture = through.capture
    [table] = capture.catalog.tables
    with through.connected(), capture.streaming():
        insert(capture, carried_samples(seed, carried), carried)
        told = through.told()
        capture.catch_up()
    wanted, history = texts_in_clickhouse(capture), f"SELECT * FROM {table.history} FINAL ORDER BY number"
    by_slot = capture.select(history)
    assert wanted == texts_in_postgres(capture)
    for name in (table.history, table.latest):
        capture.clickhouse.command(f"TRUNCATE TABLE {name}")
    through.store(told)
    assert differing(wanted, texts_in_clickhouse(capture), carried) == []
    # NaN is not NaN: rows are compared as they are shown.
    assert list(map(str, capture.select(history))) == list(map(str, by_slot))
    [envelopes] = [records for topic, records in told.items() if topic.endswith(".samples")]
    images = [json.loads(record.value, parse_int=str, parse_float=str)["after"] for record in envelopes]
    return {
        (name, text): json.dumps(image[f"c{place}"], ensure_ascii=False).strip('"')
        for image in images
        for place, (name, text) in enumerate(zip(carried, wanted[int(image["number"])], strict=True))
        if text is not None
    }


def shown(name: str, text: str, refused: dict[str, str], sent: dict[tuple[str, str], str]) -> str:
    if name in refused:
        return f"refused: {refused[name]}"
    as_sent = sent.get((name, text), text)
    plain = as_sent.replace('\\"', '"').replace("\\\\", "\\")
    return "the same" if plain == text else f"`{as_sent}`"


WRONGLY_TOLD = {
    "text[]": ("{{a,b},{c,NULL}}", "{{{a}}}"),
    "integer[]": ("{{1,2},{3,4}}",),
    "uuid[]": ("{{00000000-0000-0000-0000-000000000001}}",),
    "boolean[]": ("{{t},{f}}",),
    "double precision": ("1e23",),
}


def test_a_value_that_debezium_tells_wrongly_is_refused_and_shown_as_a_change_that_lacks_it(
    sampled: Sampled, through: Through
) -> None:
    types = list(WRONGLY_TOLD)
    cases = [(name, text) for name, texts in WRONGLY_TOLD.items() for text in texts]
    rows = [
        Sample(number, tuple(text if name == of_type else None for of_type in types))
        for number, (name, text) in enumerate(cases)
    ]
    with sampled(types) as capture:
        by_kafka = through(capture)
        [table] = capture.catalog.tables
        with by_kafka.connected():
            insert(capture, [*rows, Sample(len(rows), tuple(None for _ in types))], types)
            told = by_kafka.told()
        [envelopes] = [[record.value for record in told[topic]] for topic in told if topic.endswith(".samples")]
        envelopes.sort(key=lambda value: int(json.loads(value)["after"]["number"]))
        for envelope in envelopes[:-1]:
            with pytest.raises(Exception, match="could not be told from what Debezium sent"):
                by_kafka.insert(envelopes_of(table), envelope)
        by_kafka.insert(envelopes_of(table), envelopes[-1])
        assert capture.select(f"SELECT number FROM {table}") == [(len(rows),)]
        with client(capture.clickhouse_url) as opened:
            landing = opened.raw_query(
                landing_rows_of(table, b"\n".join(envelopes)), settings=ENVELOPE_INSERT_SETTINGS, fmt="RowBinary"
            )
        assert landing.count(b"\x01C") >= len(rows)
