"""A sampler keeps what its looks find broken, and knows when it could not look."""

from collections.abc import Sequence

from tests.chaos.sampler import Sampler


class Scripted:
    """Looks that find what they were told to find, or fail."""

    def __init__(self, *found: Sequence[str] | Exception | None) -> None:
        self._found = list(found)

    def __call__(self) -> Sequence[str] | None:
        found = self._found.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def sampler_after(*found: Sequence[str] | Exception | None) -> Sampler:
    sampler = Sampler(Scripted(*found))
    for _ in found:
        sampler.look()
    return sampler


def test_what_looks_find_is_kept() -> None:
    sampler = sampler_after(["lost"], [], ["torn"])
    assert (sampler.found, sampler.samples) == (["lost", "torn"], 3)


def test_a_look_that_has_nothing_to_see_is_no_sample() -> None:
    assert sampler_after(None, []).samples == 1


def test_a_part_that_is_away_is_looked_at_later_and_known_as_missed_until_then() -> None:
    assert isinstance(sampler_after([], ConnectionRefusedError()).missed, ConnectionRefusedError)
    assert sampler_after(ConnectionRefusedError(), []).missed is None
