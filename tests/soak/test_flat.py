"""The rule of flatness: noise and warming up pass, a leak does not; and the plot has every figure."""

import math
import random
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.soak.figures import FIGURES, Figure, Sample
from tests.soak.flat import trend
from tests.soak.plot import svg

MEMORY = Figure("memory", "MiB", share=0.1, noise=10)
CAPTURE = next(figure for figure in FIGURES if figure.name == "memory of capture")
MINUTES = st.floats(3, 120)


def soaked(figure: Figure, minutes: float, value: Callable[[float], float]) -> list[Sample]:
    """As many samples as a soak takes of a figure that has a value at each second."""
    count = round(min(300, minutes * 30))
    seconds = [minutes * 60 * number / count for number in range(count)]
    return [Sample(at, {figure.name: value(at)}) for at in seconds]


def samples(*values: float) -> list[Sample]:
    return [Sample(float(second), {"memory": value}) for second, value in enumerate(values)]


def test_noise_around_a_level_is_flat() -> None:
    rng = random.Random(1)
    assert trend(MEMORY, samples(*(200 + rng.uniform(-20, 20) for _ in range(200)))).is_flat


def test_warming_up_is_no_growth() -> None:
    assert trend(MEMORY, samples(*range(100, 200), *[200.0] * 100)).is_flat


def test_a_single_peak_is_no_growth() -> None:
    assert trend(MEMORY, samples(*[200.0] * 150, 900.0, *[200.0] * 49)).is_flat


def test_a_leak_is_named_with_what_it_grew() -> None:
    found = trend(MEMORY, samples(*(100 + second / 2 for second in range(200))))
    assert not found.is_flat
    assert str(found) == "memory: GREW: around 174.75 MiB, +49.50 MiB over the second half (10.00 allowed)"


def test_a_leak_shows_through_noise() -> None:
    rng = random.Random(1)
    assert not trend(MEMORY, samples(*(100 + second + rng.uniform(-20, 20) for second in range(200)))).is_flat


@pytest.mark.parametrize("minutes", [3, 5, 10, 30, 120])
def test_a_leak_of_6_mib_a_minute_in_capture_is_named_however_short_the_soak_is(minutes: float) -> None:
    assert not trend(CAPTURE, soaked(CAPTURE, minutes, lambda at: 150 + at / 10)).is_flat


@pytest.mark.parametrize(("minutes", "least"), [(3, 4.2), (30, 1.25), (60, 0.65)])
def test_the_longer_a_soak_is_the_slower_a_leak_it_names(minutes: float, least: float) -> None:
    def leaking(mib_a_minute: float) -> list[Sample]:
        return soaked(CAPTURE, minutes, lambda at: 150 + mib_a_minute * at / 60)

    assert trend(CAPTURE, leaking(least - 0.3)).is_flat
    assert not trend(CAPTURE, leaking(least)).is_flat


@given(minutes=MINUTES, seed=st.integers(), figure=st.sampled_from(FIGURES), level=st.floats(0, 10_000))
def test_what_goes_up_and_down_by_a_third_of_its_noise_is_flat_however_it_does(
    minutes: float, seed: int, figure: Figure, level: float
) -> None:
    rng = random.Random(seed)
    turns_at, extremes = rng.uniform(0, minutes * 60), rng.random() < 0.5

    def value(at: float) -> float:
        way = 1.0 if at > turns_at else -1.0
        return level + figure.noise / 3 * (way if extremes else rng.uniform(-1, 1))

    assert trend(figure, soaked(figure, minutes, value)).is_flat


@given(minutes=MINUTES, warming=st.floats(0, 60), within=st.floats(1, 30))
def test_a_process_that_warms_up_is_flat_even_in_a_short_soak(minutes: float, warming: float, within: float) -> None:
    """What it takes comes ever more slowly: two thirds of it within half a minute."""
    found = trend(CAPTURE, soaked(CAPTURE, minutes, lambda at: 150 - warming * math.exp(-at / within)))
    assert found.is_flat


@given(figure=st.sampled_from(FIGURES), level=st.floats(0, 10_000), minutes=MINUTES, more=MINUTES)
def test_what_may_be_grown_falls_with_no_time_and_has_an_end(
    figure: Figure, level: float, minutes: float, more: float
) -> None:
    allowed = figure.allowed(level, minutes)
    assert figure.noise <= allowed <= figure.allowed(level, minutes + more) <= max(figure.noise, figure.share * level)


def test_too_few_samples_are_no_verdict() -> None:
    with pytest.raises(ValueError, match="too few"):
        trend(MEMORY, samples(1, 2, 3))


def test_the_plot_has_a_panel_with_a_line_for_each_figure() -> None:
    drawn = svg(FIGURES, [Sample(float(at), {each.name: at / 2 for each in FIGURES}) for at in range(5)])
    root = ElementTree.fromstring(drawn)  # noqa: S314 - it was drawn here
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [5] * len(FIGURES)
    assert all(figure.name in drawn for figure in FIGURES)
