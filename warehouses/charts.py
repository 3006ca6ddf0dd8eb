"""Small charts as shapes: computed here, drawn as SVG by a template, so that they need no script and can be printed.

Shapes are in units of the drawing's own width and height. A drawing says nothing by itself: whoever shows one gives a
sentence and a table of the same numbers with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = [
    "Drawing",
    "Line",
    "Mark",
    "Rect",
    "Words",
    "compact",
    "curve",
    "lanes",
    "sparkline",
    "strip",
    "two_ways",
]

_WIDTH: Final = 480
_HEIGHT: Final = 210
#: Room for the words of the axes, which are larger on a telephone.
_LEFT: Final = 58
_RIGHT: Final = 8
_TOP: Final = 12
_BOTTOM: Final = 26
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Rect:
    x: str
    y: str
    width: str
    height: str
    kind: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """`points` as SVG has them: `x,y x,y`."""

    points: str
    kind: str


@dataclass(frozen=True, slots=True)
class Words:
    x: str
    y: str
    words: str
    #: start, middle or end: which part of the words is at `x`.
    anchor: str = "start"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Drawn in this order: areas, rectangles, lines, dots (x, y, kind, title), words."""

    width: int
    height: int
    areas: Sequence[Line] = ()
    rects: Sequence[Rect] = ()
    lines: Sequence[Line] = ()
    dots: Sequence[tuple[str, str, str, str]] = ()
    words: Sequence[Words] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that is drawn across a chart, such as a target; its words stand above the line, or `below` it."""

    value: float
    words: str
    below: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where values lie: from `low` at the bottom to `high` at the top."""

    low: float
    high: float

    def x(self, share: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * share

    def y(self, value: float) -> float:
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.0
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - min(max(share, 0.0), 1.0))

    @property
    def bottom(self) -> float:
        return _HEIGHT - _BOTTOM


def curve(
    points: Sequence[tuple[float, float | None, str]],
    *,
    ends: tuple[str, str],
    low: float | None = None,
    high: float | None = None,
    marks: Sequence[Mark] = (),
    told: Callable[[float], str] | None = None,
    has_dots: bool = False,
) -> Drawing:
    """A line through (place from 0 to 1, value, words). A value that is None is a gap.

    It stands on zero unless `low` is given or all values are far above it: then the axis says where it begins.
    """
    told = told or compact
    known = [value for _place, value, _words in points if value is not None]
    known += [mark.value for mark in marks]
    bottom = _floor(known) if low is None else low
    top = max(known, default=1.0) if high is None else high
    ticks = list(_ticks(bottom, top))
    frame = _Frame(min(bottom, ticks[0]), max(top, ticks[-1]))
    pieces: list[list[tuple[float, float]]] = [[]]
    dots = []
    for place, value, words in points:
        if value is None:
            pieces.append([])
            continue
        at = (frame.x(place), frame.y(value))
        pieces[-1].append(at)
        if has_dots:
            dots.append((_n(at[0]), _n(at[1]), "main", words))
    drawn = [piece for piece in pieces if len(piece) > 1]
    grid = [
        Line(f"{_LEFT},{_n(frame.y(tick))} {_WIDTH - _RIGHT},{_n(frame.y(tick))}", "grid") for tick in ticks
    ]
    crossing = [
        Line(f"{_LEFT},{_n(frame.y(mark.value))} {_WIDTH - _RIGHT},{_n(frame.y(mark.value))}", "mark")
        for mark in marks
    ]
    return Drawing(
        width=_WIDTH,
        height=_HEIGHT,
        areas=[
            Line(
                f"{_n(piece[0][0])},{_n(frame.bottom)} {_joined(piece)} {_n(piece[-1][0])},{_n(frame.bottom)}",
                "main",
            )
            for piece in drawn
        ],
        lines=[*grid, *crossing, *(Line(_joined(piece), "main") for piece in drawn)],
        dots=dots,
        words=[
            *(Words(_n(_LEFT - 8), _n(frame.y(tick) + 4), told(tick), "end") for tick in ticks),
            *(
                Words(
                    _n(_WIDTH - _RIGHT - 4),
                    _n(frame.y(mark.value) + (16 if mark.below else -5)),
                    mark.words,
                    "end",
                    "mark",
                )
                for mark in marks
            ),
            Words(str(_LEFT), str(_HEIGHT - 6), ends[0]),
            Words(str(_WIDTH - _RIGHT), str(_HEIGHT - 6), ends[1], "end"),
        ],
    )


def two_ways(rows: Sequence[tuple[str, int, int]]) -> Drawing:
    """For each (words, units in, units out) a bar to the right and one to the left of a line in the middle."""
    lane = 40
    most = max((max(came, went) for _words, came, went in rows), default=0) or 1
    middle, room = _WIDTH / 2, _WIDTH / 2 - 4
    rects, words = [], []
    for place, (name, came, went) in enumerate(rows):
        top = place * lane
        words.append(Words("0", str(top + 15), name))
        words.append(Words(str(_WIDTH), str(top + 15), f"+{came:,} −{went:,}", "end", "strong"))
        for units, kind in ((went, "out"), (came, "in")):
            if not units:
                continue
            width = max(room * units / most, 1.5)
            x = middle - width if kind == "out" else middle
            told = f"{name}: {units:,} {kind}"
            rects.append(Rect(_n(x), str(top + 21), _n(width), "12", kind, told))
    height = max(lane * len(rows) - 4, 1)
    return Drawing(
        width=_WIDTH,
        height=height,
        rects=rects,
        lines=[
            Line(f"{_n(middle)},{place * lane + 18} {_n(middle)},{place * lane + 36}", "axis")
            for place in range(len(rows))
        ],
        words=words,
    )


def lanes(rows: Sequence[tuple[str, int, str]]) -> Drawing:
    """For each (words, number, kind) a bar from the left, with its number at its end."""
    lane = 40
    most = max((number for _words, number, _kind in rows), default=0) or 1
    begins, room = 128, _WIDTH - 128 - 60
    rects, words = [], []
    for place, (name, number, kind) in enumerate(rows):
        top = place * lane
        width = room * number / most
        words.append(Words("0", str(top + 24), name))
        if number:
            width = max(width, 2.0)
            rects.append(Rect(str(begins), str(top + 8), _n(width), "22", kind, f"{name}: {number:,}"))
        words.append(Words(_n(begins + width + 8), str(top + 24), f"{number:,}", "start", "strong"))
    height = lane * len(rows)
    axis = Line(f"{begins},2 {begins},{height - 2}", "axis")
    return Drawing(width=_WIDTH, height=max(height, 1), rects=rects, lines=[axis], words=words)


def strip(shares: Sequence[tuple[str, float, str]]) -> Drawing:
    """One bar of parts: (words, share from 0 to 1, kind)."""
    rects, at = [], 0.0
    for words, share, kind in shares:
        width = _WIDTH * share
        rects.append(Rect(_n(at), "0", _n(width), "20", kind, words))
        at += width
    return Drawing(width=_WIDTH, height=20, rects=rects)


def sparkline(values: Sequence[float | None]) -> Drawing | None:
    """The way that a figure has come, without axes. None where there are not two values to go from and to."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    width, height, edge = 120, 32, 3
    span = high - low
    pieces: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            pieces.append([])
            continue
        share = (value - low) / span if span else 0.5
        x = edge + (width - 2 * edge) * place / max(len(values) - 1, 1)
        pieces[-1].append((x, edge + (height - 2 * edge) * (1 - share)))
    drawn = [piece for piece in pieces if len(piece) > 1]
    last = next(piece for piece in reversed(pieces) if piece)[-1]
    return Drawing(
        width=width,
        height=height,
        lines=[Line(_joined(piece), "main") for piece in drawn],
        dots=[(_n(last[0]), _n(last[1]), "main", "")],
    )


def compact(value: float) -> str:
    """A number in few characters, for an axis: `950`, `1.2k`, `3M`."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}".removesuffix(".0") + letter
    return f"{value:g}"


def _floor(values: Sequence[float]) -> float:
    """Zero, or where a line would be flat above it something nearer: half of the least."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    return low - (high - low) if low > 0 and high > low and (high - low) * 3 < low else min(low, 0.0)


def _ticks(low: float, high: float) -> Iterator[float]:
    """Round values, a handful of them, that hold `low` and `high` between them."""
    span = (high - low) or abs(high) or 1.0
    rough = span / _TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
    for number in range(first, max(last, first + 1) + 1):
        yield round(number * step, 10)


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
