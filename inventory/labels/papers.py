"""The papers that labels are printed on. All lengths are millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["PAPERS", "Paper"]


@dataclass(frozen=True, slots=True)
class Paper:
    """`columns` × `rows` labels of `width` × `height` on a sheet; a roll has one on each. `edge` is left white in each
    label: office printers do not reach the edge of a sheet. `widest` is that of the narrowest bar.
    """

    key: str
    name: str
    width: float
    height: float
    columns: int = 1
    rows: int = 1
    edge: float = 4.0
    widest: float = 0.33

    @property
    def per_sheet(self) -> int:
        return self.columns * self.rows

    @property
    def is_roll(self) -> bool:
        return self.per_sheet == 1

    @property
    def inner_width(self) -> float:
        return self.width - 2 * self.edge


#: The first is the one that is offered at first.
PAPERS: Final = {
    paper.key: paper
    for paper in (
        Paper("a4-3x8", "A4, 3 × 8 (70 × 37 mm)", 70, 37, 3, 8),
        Paper("a4-4x10", "A4, 4 × 10 (52.5 × 29.7 mm)", 52.5, 29.7, 4, 10, edge=3.5),
        Paper("62x29", "Roll, 62 × 29 mm", 62, 29, edge=2.0),
        Paper("100x50", "Roll, 100 × 50 mm", 100, 50, edge=3.0, widest=0.5),
    )
}
