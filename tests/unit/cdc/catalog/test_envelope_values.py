"""Which types Debezium carries: every one has a rule or a reason, and the declared services have none refused."""

import pytest

from cdc.catalog.declared import all_catalogs
from cdc.catalog.envelope_sql import by_kafka, refusals
from cdc.catalog.envelope_values import NotByKafkaError, envelope_rule
from cdc.catalog.types import CARRIED_AS_TEXT


def test_every_table_of_the_declared_services_comes_through_kafka() -> None:
    assert [str(table) for catalog in all_catalogs() for table in catalog.tables if not by_kafka(table)] == []
    assert [error for catalog in all_catalogs() for table in catalog.tables for error in refusals(table)] == []


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        ("interval", "infinity as no time at all"),
        ("interval day to second(3)", "infinity as no time at all"),
        ("time without time zone", "24:00 as 00:00"),
        ("time(3) without time zone", "24:00 as 00:00"),
        ("time with time zone", "loses its zone"),
        ("bit(3)", "leading zeros"),
        ("money", "a setting"),
        ("point", "as Java does"),
        ("numeric(12,2)[]", "no array of these"),
        ("text[][]", "no array of these"),
        ("enum public.mood[]", "no array of these"),
        ("base public.citext[]", "no array of these"),
        ("base public.geometry", "not known"),
    ],
)
def test_a_type_that_comes_wrongly_is_refused_by_its_name_and_the_reason(refused: str, why: str) -> None:
    with pytest.raises(NotByKafkaError) as error:
        envelope_rule(refused)
    assert f"does not carry {refused} faithfully" in str(error.value).replace("[]", "[]")
    assert why in str(error.value)


def test_every_type_that_the_slot_carries_as_text_has_a_rule_or_a_reason_of_its_own() -> None:
    unknown = []
    for name in sorted(CARRIED_AS_TEXT):
        try:
            envelope_rule(name)
        except NotByKafkaError as error:
            if "not known" in str(error):
                unknown.append(name)
    # The tests' server has no XML: what Debezium makes of it was never seen.
    assert unknown == ["xml"]
