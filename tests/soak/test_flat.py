"""The rule of flatness: noise and warming up pass, a leak does not; and the plot has every figure."""

import random
from xml.etree import ElementTree

import pytest

from tests.soak.figures import FIGURES, Figure, Sample
from tests.soak.flat import trend
from tests.soak.plot import svg

MEMORY = Figure("memory", "MiB", share=0.1, least=10)


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
    assert str(found) == "memory: GREW: around 174.75 MiB, +49.50 MiB over the second half (17.48 allowed)"


def test_a_leak_shows_through_noise() -> None:
    rng = random.Random(1)
    assert not trend(MEMORY, samples(*(100 + second + rng.uniform(-20, 20) for second in range(200)))).is_flat


def test_too_few_samples_are_no_verdict() -> None:
    with pytest.raises(ValueError, match="too few"):
        trend(MEMORY, samples(1, 2, 3))


def test_the_plot_has_a_panel_with_a_line_for_each_figure() -> None:
    drawn = svg(FIGURES, [Sample(float(at), {each.name: at / 2 for each in FIGURES}) for at in range(5)])
    root = ElementTree.fromstring(drawn)  # noqa: S314 - it was drawn here
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [5] * len(FIGURES)
    assert all(figure.name in drawn for figure in FIGURES)
