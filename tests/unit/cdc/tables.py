"""Captured tables that unit tests decode and render, made from models as a service would declare them."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Enum, Integer, MetaData, Numeric, Table, Text, Uuid

from cdc.catalog.declared import catalog_of_metadata
from cdc.catalog.model import ServiceCatalog
from services.kit.capture import Capture


def shelf_catalog() -> ServiceCatalog:
    """Two captured tables, `books` (with an excluded column) and `loans` (with a key of two columns)."""
    metadata = MetaData()
    Table(
        "books",
        metadata,
        Column("title", Text),
        Column("book_id", Uuid, primary_key=True),
        Column("price", Numeric(10, 2)),
        Column("cover", Text),
        Column("shelf", Enum("red", "blue", name="shelf", native_enum=False)),
        info=Capture(exclude=frozenset({"cover"}), subject="title").info(),
    )
    Table(
        "loans",
        metadata,
        Column("book", Text, primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("days", BigInteger),
        Column("returned", Boolean),
        Column("due", DateTime(timezone=True)),
        info=Capture().info(),
    )
    Table("drafts", metadata, Column("id", Integer, primary_key=True))
    return catalog_of_metadata("library", metadata)
