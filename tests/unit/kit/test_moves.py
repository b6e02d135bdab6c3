"""A status moves as its table allows."""

import enum

import pytest

from services.kit.errors import ConflictError
from services.kit.moves import Moves


class Light(enum.StrEnum):
    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    OFF = "off"


TABLE = {
    Light.RED: {Light.GREEN, Light.OFF},
    Light.AMBER: {Light.RED},
    Light.GREEN: {Light.AMBER},
    Light.OFF: set[Light](),
}
LIGHTS = Moves("light", TABLE)


def test_what_the_table_allows_may_follow() -> None:
    for current, allowed in TABLE.items():
        for wanted in allowed:
            LIGHTS.refuse(current, wanted)


def test_another_move_is_refused_and_told_with_those_that_are_allowed() -> None:
    with pytest.raises(ConflictError, match=r"^a light that is red cannot become amber, only green, off$") as refused:
        LIGHTS.refuse(Light.RED, Light.AMBER)
    assert refused.value.code == "status_move"
    assert refused.value.details == {"status": "red", "wanted": "amber"}


def test_a_status_after_which_nothing_follows_says_so() -> None:
    with pytest.raises(ConflictError, match="cannot become red, only nothing else"):
        LIGHTS.refuse(Light.OFF, Light.RED)


@pytest.mark.parametrize("light", Light)
def test_a_status_may_stay_what_it_is_unless_it_must_move(light: Light) -> None:
    LIGHTS.refuse(light, light)
    with pytest.raises(ConflictError):
        Moves("light", TABLE, may_stay=False).refuse(light, light)
