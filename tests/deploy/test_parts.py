"""Which parts start when some are named."""

import pytest

from deploy.local.children import Command
from deploy.local.parts import Part, chosen
from services.kit.names import UnknownNameError

TRUE = Command(("true",))
STACK = (
    Part("database", TRUE),
    Part("cache", TRUE),
    Part("migrations", TRUE, after=("database",)),
    Part("service", TRUE, after=("migrations",)),
)


def names(*wanted: str) -> list[str]:
    return [part.name for part in chosen(STACK, wanted)]


def test_naming_none_chooses_all() -> None:
    assert names() == ["database", "cache", "migrations", "service"]


def test_a_part_brings_what_it_needs_in_the_order_of_the_stack() -> None:
    assert names("service") == ["database", "migrations", "service"]
    assert names("migrations", "cache") == ["database", "cache", "migrations"]


def test_an_unknown_part_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="no part 'kafka'; its parts are: database, cache"):
        names("kafka")
