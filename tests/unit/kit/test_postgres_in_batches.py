"""Work in batches goes on as long as batches are full."""

import pytest

from services.kit.postgres.in_batches import in_batches


@pytest.mark.parametrize(
    ("batches", "worked_on"), [([0], 0), ([2], 2), ([3, 0], 3), ([3, 3, 1], 7)], ids=["none", "few", "one", "more"]
)
async def test_the_first_batch_that_is_not_full_is_the_last(batches: list[int], worked_on: int) -> None:
    left = list(batches)

    async def step() -> int:
        return left.pop(0)

    assert await in_batches(3, step) == worked_on
    assert not left


async def test_an_error_of_a_batch_ends_the_work() -> None:
    async def step() -> int:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        await in_batches(3, step)
