"""The connector's configuration: whole, without a secret, and the same for the same catalog."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.catalog.declared import all_catalogs
from cdc.catalog.model import CapturedTable, CatalogError, Column, ServiceCatalog
from cdc.connect.configuration import Database, Kafka, configuration, password_reference
from services.kit.capture import Capture

DATABASE = Database("db.example", 5432, "huleedu_file", "file_cdc", password_reference("file"))
GOODS = CapturedTable("shop", "public", "goods", (Column("number", "bigint"), Column("name", "text")), ("number",))


def configured(catalog: ServiceCatalog, epoch: int = 1, kafka: Kafka | None = None) -> dict[str, str]:
    return configuration(catalog, DATABASE, epoch, kafka or Kafka(), heartbeat_seconds=5.0)


@pytest.mark.parametrize("catalog", all_catalogs(), ids=lambda catalog: catalog.service)
def test_every_service_has_a_configuration_of_texts_alone_that_is_the_same_each_time(catalog: ServiceCatalog) -> None:
    made = configured(catalog)
    assert made == configured(catalog)
    assert all(isinstance(value, str) for value in made.values())
    assert made["slot.name"] == f"huleedu_{catalog.service}_debezium"
    assert made["topic.prefix"] == f"huleedu.{catalog.service}"


def test_no_two_services_share_a_name_a_slot_or_a_prefix() -> None:
    made = [configured(catalog) for catalog in all_catalogs()]
    for key in ("name", "slot.name", "topic.prefix"):
        assert len({each[key] for each in made}) == len(made)


def test_the_password_is_a_reference_that_the_worker_resolves() -> None:
    made = configured(ServiceCatalog("shop", (GOODS,)))
    assert made["database.password"] == "${env:CDC_FILE_DATABASE_PASSWORD}"
    assert [key for key, value in made.items() if "password" in key and not value.startswith("${")] == []


def test_a_new_epoch_changes_one_key() -> None:
    catalog = ServiceCatalog("shop", (GOODS,))
    first, second = configured(catalog, 1), configured(catalog, 2)
    assert {key for key in first if first[key] != second[key]} == {"transforms.epoch.static.value"}


def test_without_exactly_once_the_worker_need_not_support_it() -> None:
    catalog = ServiceCatalog("shop", (GOODS,))
    assert configured(catalog)["exactly.once.support"] == "required"
    assert configured(catalog, kafka=Kafka(exactly_once=False))["exactly.once.support"] == "requested"


def test_what_a_dead_worker_left_open_is_ended_within_seconds() -> None:
    assert int(configured(ServiceCatalog("shop", (GOODS,)))["producer.override.transaction.timeout.ms"]) <= 15_000


def test_a_column_that_debezium_carries_wrongly_is_refused_by_name_with_what_to_do() -> None:
    spans = replace(GOODS, columns=(*GOODS.columns, Column("span", "interval"), Column("at", "time with time zone")))
    with pytest.raises(CatalogError) as error:
        configured(ServiceCatalog("shop", (spans,)))
    said = str(error.value)
    assert said.startswith("shop cannot be captured through Kafka: shop.goods: column span: ")
    assert "shop.goods: column at: " in said
    assert said.endswith("exclude the columns in the model, or capture this service by its slot")


def test_a_former_column_is_not_in_the_way() -> None:
    configured(ServiceCatalog("shop", (replace(GOODS, former=(Column("span", "interval"),)),)))


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@given(column=NAMES, other=NAMES)
def test_the_expression_of_an_excluded_column_matches_its_name_alone(column: str, other: str) -> None:
    hidden = replace(GOODS, capture=Capture(exclude=frozenset({column})))
    [expression] = _between_commas(configured(ServiceCatalog("shop", (hidden,)))["column.exclude.list"])
    assert re.fullmatch(expression, f"public.goods.{column}")
    if other != column:
        assert not re.fullmatch(expression, f"public.goods.{other}")


def _between_commas(listed: str) -> list[str]:
    """As Debezium cuts a list of expressions: at commas without a backslash before them."""
    return re.split(r"(?<!\\),", listed)


def test_a_configuration_can_be_sent_as_json() -> None:
    made = configured(ServiceCatalog("shop", (GOODS,)))
    assert json.loads(json.dumps(made)) == made
