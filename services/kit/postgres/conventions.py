"""What the models of every service have in common: names of constraints, types of annotations, enums stored as text."""

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Enum, MetaData, Uuid, func
from sqlalchemy.orm import Mapped, MappedColumn, declared_attr, mapped_column, registry

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# What a model's annotations mean.
TYPES: dict[Any, Any] = {datetime: DateTime(timezone=True), UUID: Uuid()}
LONGEST_LABEL = 64


def models_registry() -> registry:
    """The `registry` of a service's declarative base: it has tables of its own and follows these conventions."""
    return registry(metadata=MetaData(naming_convention=NAMING_CONVENTION), type_annotation_map=TYPES)


def _clock(sort_order: int) -> MappedColumn[datetime]:
    return mapped_column(server_default=func.clock_timestamp(), sort_order=sort_order)


def _clock_of_change(sort_order: int) -> MappedColumn[datetime]:
    now = func.clock_timestamp()
    return mapped_column(server_default=now, onupdate=now, sort_order=sort_order)


class Created:
    """When a row was made, by PostgreSQL's clock at that statement and not at the start of its transaction."""

    created_at: Mapped[datetime] = _clock(sort_order=90)


class Timestamped:
    """When a row was made and last changed; who waited for a lock does not go back in time."""

    created_at: Mapped[datetime] = _clock(sort_order=90)
    updated_at: Mapped[datetime] = _clock_of_change(sort_order=91)


class Versioned:
    """`Timestamped`, and `row_version` rises with every change: to update what somebody else changed is refused."""

    row_version: Mapped[int] = mapped_column(BigInteger, server_default="1", sort_order=89)
    created_at: Mapped[datetime] = _clock(sort_order=90)
    updated_at: Mapped[datetime] = _clock_of_change(sort_order=91)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """SQLAlchemy's optimistic lock."""
        return {"version_id_col": cls.row_version, "eager_defaults": True}


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


def lower_case_hex(column: str, digits: int) -> CheckConstraint:
    """The check constraint of a text column that holds so many hex digits, or null where it may."""
    return CheckConstraint(f"{column} ~ '^[0-9a-f]{{{digits}}}$'", name=f"{column}_is_lower_case_hex")
