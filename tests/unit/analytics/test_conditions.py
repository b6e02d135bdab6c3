"""Keys and conditions as people write them."""

import pytest

from analytics.conditions import assignments, key_values
from analytics.errors import QuestionError
from tests.unit.cdc.tables import shelf_catalog

BOOKS, LOANS = shelf_catalog().tables


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Emma,3", {"book": "Emma", "number": "3"}),
        ('"Lolly, Willowes",3', {"book": "Lolly, Willowes", "number": "3"}),
        ('"The ""Waves""",3', {"book": 'The "Waves"', "number": "3"}),
        (",3", {"book": "", "number": "3"}),
        ('"a\nb",3', {"book": "a\nb", "number": "3"}),
    ],
)
def test_a_key_of_several_columns_is_read_in_the_keys_order(text: str, values: dict[str, str]) -> None:
    assert key_values(LOANS, text) == values


def test_a_key_of_one_column_is_the_text_itself() -> None:
    assert key_values(BOOKS, "x-1") == {"book_id": "x-1"}
    assert key_values(BOOKS, "") == {"book_id": ""}


@pytest.mark.parametrize(("text", "count"), [("Emma", 1), ("Lolly, Willowes,3", 3)])
def test_a_key_with_too_few_or_too_many_values_is_refused_with_the_keys_columns(text: str, count: int) -> None:
    with pytest.raises(QuestionError, match=rf"a key of library\.loans is book,number, but .* has {count} values"):
        key_values(LOANS, text)


def test_a_quote_that_is_not_closed_is_refused() -> None:
    with pytest.raises(QuestionError, match="cannot be read"):
        key_values(LOANS, '"Emma,3')


def test_assignments_keep_equals_signs_in_values() -> None:
    assert assignments(["a=1", "b=x=y", "c="], "a condition") == {"a": "1", "b": "x=y", "c": ""}


@pytest.mark.parametrize("texts", [["a"], ["a=1", "a=2"]])
def test_an_assignment_without_a_value_or_given_twice_is_refused(texts: list[str]) -> None:
    with pytest.raises(QuestionError, match="write a condition as name=value, each name once"):
        assignments(texts, "a condition")
