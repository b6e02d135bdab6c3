"""What the models of every service have in common: names of constraints, types of annotations, enums stored as text."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Enum, Uuid, func
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# What a model's annotations mean, for a declarative base's `type_annotation_map`.
TYPES: dict[Any, Any] = {datetime: DateTime(timezone=True), UUID: Uuid()}
LONGEST_LABEL = 64


def _clock(sort_order: int) -> MappedColumn[datetime]:
    return mapped_column(server_default=func.clock_timestamp(), sort_order=sort_order)


class Created:
    """When a row was made, by PostgreSQL's clock at that statement and not at the start of its transaction."""

    created_at: Mapped[datetime] = _clock(sort_order=90)


class Timestamped:
    """When a row was made and last changed; who waited for a lock does not go back in time."""

    created_at: Mapped[datetime] = _clock(sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), onupdate=func.clock_timestamp(), sort_order=91
    )


def text_enum(labels: type[enum.StrEnum]) -> Enum:
    """The type of a column that holds the enum's values as text; `one_of` constrains it."""
    return Enum(
        labels,
        native_enum=False,
        length=LONGEST_LABEL,
        values_callable=lambda members: [member.value for member in members],
    )


def one_of(column: str, labels: type[enum.StrEnum]) -> CheckConstraint:
    """The check constraint of a `text_enum` column: another label changes it, and no type."""
    listed = ", ".join(f"'{label.value}'" for label in labels)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
