"""The plot of a soak, as SVG: a panel for each figure, one below the other over the same time."""

from collections.abc import Iterator, Sequence
from html import escape

from tests.soak.figures import Figure, Sample

_WIDTH, _HEIGHT = 860, 130
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 20, 30, 20
_PANEL = _TOP + _HEIGHT + _BOTTOM
_FONT = 'font-family="sans-serif" font-size="12"'


def svg(figures: Sequence[Figure], samples: Sequence[Sample]) -> str:
    """The plot's text; times in minutes."""
    width, height = _LEFT + _WIDTH + _RIGHT, _PANEL * len(figures) + _BOTTOM
    panels = "\n".join(
        line for number, figure in enumerate(figures) for line in _panel(figure, samples, number * _PANEL + _TOP)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}">\n<rect width="100%" height="100%" fill="white"/>\n{panels}\n</svg>\n'
    )


def _panel(figure: Figure, samples: Sequence[Sample], top: int) -> Iterator[str]:
    values = [sample.figures[figure.name] for sample in samples]
    last, highest = max(sample.at_seconds for sample in samples) or 1.0, max(*values, 0.0) or 1.0
    bottom = top + _HEIGHT
    points = " ".join(
        f"{_LEFT + _WIDTH * sample.at_seconds / last:.1f},{bottom - _HEIGHT * value / highest:.1f}"
        for sample, value in zip(samples, values, strict=True)
    )
    right = _LEFT + _WIDTH
    yield f'<text x="{_LEFT}" y="{top - 8}" {_FONT}>{escape(figure.name)} ({escape(figure.unit)})</text>'
    yield f'<text x="{_LEFT - 8}" y="{top + 10}" {_FONT} text-anchor="end">{highest:.4g}</text>'
    yield f'<text x="{_LEFT - 8}" y="{bottom}" {_FONT} text-anchor="end">0</text>'
    yield f'<text x="{right}" y="{bottom + 15}" {_FONT} text-anchor="end">{last / 60:.1f} min</text>'
    yield f'<path d="M{_LEFT} {top} V{bottom} H{right}" fill="none" stroke="grey"/>'
    yield f'<polyline points="{points}" fill="none" stroke="steelblue" stroke-width="1.5"/>'
