"""The rules of types: which name leads to which rule, and which names lead to none."""

import pytest

from cdc.catalog.types import CARRIED_AS_TEXT, REFUSED, UnsupportedTypeError, rule_for

STORED = {
    "smallint": "Nullable(Int16)",
    "integer": "Nullable(Int32)",
    "bigint": "Nullable(Int64)",
    "real": "Nullable(Float32)",
    "double precision": "Nullable(Float64)",
    "uuid": "Nullable(UUID)",
    "boolean": "Nullable(Bool)",
    "date": "Nullable(Date32)",
    "timestamp without time zone": "Nullable(DateTime64(6, 'UTC'))",
    "timestamp with time zone": "Nullable(DateTime64(6, 'UTC'))",
    "timestamp(3) with time zone": "Nullable(DateTime64(6, 'UTC'))",
    "numeric(12, 2)": "Nullable(Decimal(12, 2))",
    "numeric(12,2)": "Nullable(Decimal(12, 2))",
    "numeric(5)": "Nullable(Decimal(5, 0))",
    "numeric(76,10)": "Nullable(Decimal(76, 10))",
    "numeric(77,10)": "Nullable(String)",
    "numeric(2,4)": "Nullable(String)",
    "character varying(255)": "Nullable(String)",
    "label": "LowCardinality(Nullable(String))",
    "character(3)": "Nullable(String)",
    "text[]": "Nullable(String)",
    "character varying(20)[]": "Nullable(String)",
    "timestamp with time zone[]": "Nullable(String)",
    "integer[][]": "Nullable(String)",
    "bpchar[]": "Nullable(String)",
    "bit(3)": "Nullable(String)",
    "bit varying(4)": "Nullable(String)",
    "time(3) with time zone": "Nullable(String)",
    "interval day to second(2)": "Nullable(String)",
    "interval second(3)[]": "Nullable(String)",
    "numeric(3,-2)": "Nullable(String)",
    'enum public."Odd name"': "LowCardinality(Nullable(String))",
    "enum public.mood[]": "Nullable(String)",
    "composite public.address": "Nullable(String)",
    "range public.floats": "Nullable(String)",
    "multirange public.floats_multirange": "Nullable(String)",
    "base public.hstore": "Nullable(String)",
    **dict.fromkeys(sorted(CARRIED_AS_TEXT), "Nullable(String)"),
}
UNSUPPORTED = ["text[", "[]", "", "Integer; x", "mood", "enum ", "hstore[]"]


@pytest.mark.parametrize(("postgres_type", "stored"), STORED.items())
def test_a_type_is_stored_as_its_rule_says(postgres_type: str, stored: str) -> None:
    assert rule_for(postgres_type).nullable == stored


@pytest.mark.parametrize("postgres_type", UNSUPPORTED)
def test_a_type_without_a_rule_is_refused_by_name(postgres_type: str) -> None:
    with pytest.raises(UnsupportedTypeError, match="cannot be carried: it is none of PostgreSQL's own") as refusal:
        rule_for(postgres_type)
    assert postgres_type.removesuffix("[]") in str(refusal.value)


@pytest.mark.parametrize("postgres_type", [*REFUSED, "regclass[]"])
def test_a_type_whose_values_cannot_be_carried_is_refused_with_the_reason(postgres_type: str) -> None:
    with pytest.raises(UnsupportedTypeError) as refusal:
        rule_for(postgres_type)
    assert str(refusal.value).endswith(REFUSED[postgres_type.removesuffix("[]")])


@pytest.mark.parametrize(
    ("precision", "function"),
    [(9, "toDecimal32"), (10, "toDecimal64"), (18, "toDecimal64"), (19, "toDecimal128"), (39, "toDecimal256")],
)
def test_a_decimal_is_cast_at_the_width_that_holds_it(precision: int, function: str) -> None:
    assert f"{function}OrNull(x, 2)" in rule_for(f"numeric({precision},2)").cast("x")


def test_a_type_whose_name_has_quotes_can_be_a_key() -> None:
    assert rule_for("timestamp with time zone").default == "defaultValueOfTypeName('DateTime64(6, ''UTC'')')"


def test_only_texts_cannot_lose_anything() -> None:
    texts = {name for name, stored in STORED.items() if "String" in stored}
    assert {name for name in STORED if rule_for(name).is_text} == texts
