"""A second service beside the file service: one table, with a column that never leaves PostgreSQL."""

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from cdc.catalog.declared import catalog_of_metadata
from cdc.catalog.model import ServiceCatalog
from services.kit.capture import Capture

TABLE = "CREATE TABLE goods (number bigint PRIMARY KEY, name text, secret text)"


def shop_catalog() -> ServiceCatalog:
    metadata = MetaData()
    columns: list[Column[object]] = [
        Column("number", BigInteger, primary_key=True),
        Column("name", Text),
        Column("secret", Text),
    ]
    Table("goods", metadata, *columns, info=Capture(exclude=frozenset({"secret"})).info())
    return catalog_of_metadata("shop", metadata)
