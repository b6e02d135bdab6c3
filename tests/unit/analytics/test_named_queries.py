"""Named queries: what a file's head declares, and what a question may bind."""

from datetime import UTC, datetime

import pytest

from analytics.errors import QuestionError
from analytics.named_queries import Parameter, QueryFileError, bound, named_queries, query_named, read_query

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SQL = """-- title: Things sold: since when
-- parameter since DateTime64(6, 'UTC') = 2026-01-01T00:00: the earliest sale
-- parameter shop String: which shop
-- parameter user Nullable(String): one user instead of all
SELECT 1 WHERE at >= {since:DateTime64(6, 'UTC')} AND shop = {shop:String} AND user = {user:Nullable(String)}
"""
QUERY = read_query("sold", SQL)


def test_a_head_gives_the_title_and_each_parameters_type_default_and_meaning() -> None:
    assert QUERY.title == "Things sold: since when"
    assert QUERY.parameters == (
        Parameter("since", "DateTime64(6, 'UTC')", "2026-01-01T00:00", "the earliest sale"),
        Parameter("shop", "String", None, "which shop"),
        Parameter("user", "Nullable(String)", None, "one user instead of all"),
    )


def test_instants_are_read_as_people_write_them_and_what_is_not_given_is_the_default_or_null() -> None:
    assert bound(QUERY, {"shop": "x"}, NOW) == {"since": "2026-01-01 00:00:00.000000", "shop": "x", "user": None}
    assert bound(QUERY, {"shop": "x", "since": "1 day ago"}, NOW)["since"] == "2026-11-22 12:00:00.000000"


def test_a_parameter_without_default_must_be_given_and_an_unknown_one_must_not() -> None:
    with pytest.raises(
        QuestionError, match="query sold: shop is missing, it has no shup; parameters: since, shop, user"
    ):
        bound(QUERY, {"shup": "x"}, NOW)


def test_a_parameter_that_is_no_instant_where_one_is_due_is_refused() -> None:
    with pytest.raises(QuestionError, match="'soon' is not an instant"):
        bound(QUERY, {"shop": "x", "since": "soon"}, NOW)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1", "its head needs a line `-- title"),
        ("-- title: t\nSELECT {a:Int8}", "not both: a Int8"),
        ("-- title: t\n-- parameter a Int8: unused\nSELECT 1", "not both: a Int8"),
        ("-- title: t\n-- parameter a Int8: x\nSELECT {a:Int16}", "not both: a Int16, a Int8"),
    ],
)
def test_a_file_whose_head_does_not_fit_its_sql_is_refused_by_name(sql: str, message: str) -> None:
    with pytest.raises(QueryFileError, match=f"query wrong: .*{message}"):
        read_query("wrong", sql)


def test_every_query_file_has_a_head_that_fits() -> None:
    assert {"uploads_per_day", "validation_failures", "changes_by_actor"} <= named_queries().keys()


def test_an_unknown_query_is_refused_with_the_known_ones() -> None:
    with pytest.raises(QuestionError, match=r"no query is called 'nope'; there are .*uploads_per_day"):
        query_named("nope")
