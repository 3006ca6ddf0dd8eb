"""Pictures of figures, as SVG that needs nothing else and is readable on light and on dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from tests.bench.figures import Figure

__all__ = ["bars"]

_WIDTH: Final = 860
_LABELS: Final = 400
_VALUES: Final = 84
_ROW: Final = 26
_TOP: Final = 46
_STYLE: Final = """
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .title { font-weight: 600; font-size: 15px }
    .note { fill: #57606a; font-size: 12px }
    .bar { fill: #2f6f9f } .short { fill: #b3591b }
    .range { stroke: #24292f; stroke-width: 1.5 } .aim { stroke: #57606a; stroke-dasharray: 3 3; stroke-width: 1.5 }
    @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3 } .note { fill: #9198a1 }
        .bar { fill: #6cb2e2 } .short { fill: #f0a060 }
        .range { stroke: #e6edf3 } .aim { stroke: #9198a1 }
    }
"""


def bars(title: str, figures: Sequence[Figure]) -> str:
    """A bar for the ratio of each figure, a line from its least to its most, and where it is to be."""
    limits = [figure.aim.ratio for figure in figures if figure.aim is not None]
    most = max([*(figure.high for figure in figures), *limits, 1e-9])
    room = _WIDTH - _LABELS - _VALUES
    height = _TOP + _ROW * len(figures) + 12

    def x(ratio: float) -> str:
        return f"{_LABELS + room * ratio / most:.1f}"

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        f' aria-label="{escape(title)}: ratios to the yardsticks">',
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="8" y="20">{escape(title)}</text>',
        '<text class="note" x="8" y="37">Ratio to the yardstick; thin line: from the least to the most of the pairs;'
        " dashed: the aim; other colour: missed.</text>",
    ]
    for number, figure in enumerate(figures):
        top = _TOP + _ROW * number
        middle = top + _ROW / 2
        kind = "short" if figure.is_met is False else "bar"
        lines += [
            f'<text x="{_LABELS - 10}" y="{middle + 4}" text-anchor="end">{escape(figure.name)}</text>',
            f'<rect class="{kind}" x="{_LABELS}" y="{top + 5}" height="{_ROW - 10}" rx="2"'
            f' width="{max(room * figure.ratio / most, 1):.1f}"/>',
            f'<line class="range" x1="{x(figure.low)}" x2="{x(figure.high)}" y1="{middle}" y2="{middle}"/>',
            f'<text x="{_WIDTH - _VALUES + 12}" y="{middle + 4}">{figure.ratio:.2f}</text>',
        ]
        if figure.aim is not None:
            at = x(figure.aim.ratio)
            lines.append(f'<line class="aim" x1="{at}" x2="{at}" y1="{top + 1}" y2="{top + _ROW - 1}"/>')
    return "\n".join([*lines, "</svg>", ""])
