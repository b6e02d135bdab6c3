"""Topics: named as Debezium names them, and never one for two tables."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.catalog.declared import all_catalogs
from cdc.catalog.model import CapturedTable, CatalogError, Column, ServiceCatalog
from cdc.catalog.topics import message_topic, table_topic, table_topics, topics, transaction_topic

KEY = Column("id", "bigint")


def table(name: str, schema: str = "public", relation: str | None = None) -> CapturedTable:
    return CapturedTable("shop", schema, name, (KEY,), ("id",), relation=relation)


def test_the_topics_of_a_service_are_those_of_its_tables_then_those_beside() -> None:
    catalog = ServiceCatalog("shop", (table("goods"), table("sales_orders", "sales", "orders")))
    assert topics(catalog) == (
        "huleedu.shop.public.goods",
        "huleedu.shop.sales.orders",
        "huleedu.shop.transaction",
        "huleedu.shop.message",
    )


def test_the_topics_of_all_services_are_different() -> None:
    names = [name for catalog in all_catalogs() for name in topics(catalog)]
    assert len(names) == len(set(names))


def test_a_table_called_as_a_topic_beside_does_not_take_its_place() -> None:
    catalog = ServiceCatalog("shop", (table("transaction"), table("message")))
    assert not {transaction_topic("shop"), message_topic("shop")} & table_topics(catalog).keys()


@given(name=st.text(min_size=1, max_size=63))
def test_a_topic_of_any_table_is_a_name_that_kafka_takes(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,249}", table_topic(table("goods", relation=name)))


def test_two_tables_that_would_share_a_topic_are_refused_by_name() -> None:
    goods = table("order_lines", relation="order lines")
    with pytest.raises(
        CatalogError, match=r"shop\.order_lines would share the topic huleedu\.shop\.public\.order_lines"
    ):
        table_topics(ServiceCatalog("shop", (goods, replace(goods, name="other", relation="order_lines"))))
