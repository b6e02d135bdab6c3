"""The bell: heard once however often it was rung, and not before."""

import select

from cdc.storing.bell import Bell


def rings(bell: Bell) -> bool:
    return bool(select.select([bell], [], [], 0)[0])


def test_it_is_heard_from_its_stroke_until_it_is_hushed() -> None:
    bell = Bell()
    assert not rings(bell)
    bell.hush()
    for _ in range(100_000):
        bell.ring()
    assert rings(bell)
    bell.hush()
    bell.hush()
    assert not rings(bell)
    bell.close()
    bell.close()
