"""Labels laid out on sheets, each with bars that fit it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.db import models

from inventory.labels.code128 import code128, width_of
from inventory.labels.papers import Paper
from inventory.labels.qr import qr
from inventory.labels.subjects import Subject

__all__ = ["MOST_LABELS", "Codes", "Label", "Sheet", "print_sheets"]

#: On one page; a browser lays out that many in a moment.
MOST_LABELS: Final = 2_000
#: Of the narrowest bar, in millimetres: what a good scanner still reads.
_LEAST: Final = 0.19


class Codes(models.TextChoices):
    BARS = "bars", "Code 128"
    QR = "qr", "QR code"
    BOTH = "both", "Both"


@dataclass(frozen=True, slots=True)
class Label:
    """`bars` is empty where they would be too fine to be read, or cannot say the code; then there is a `square`.

    `length` is how long the name is in words of the style sheet: it is printed whole, if need be smaller.
    """

    subject: Subject
    bars: str = ""
    square: str = ""

    @property
    def length(self) -> str:
        letters = len(self.subject.name)
        return "longest" if letters > 28 else "longer" if letters > 16 else "long" if letters > 9 else "short"


@dataclass(frozen=True, slots=True)
class Sheet:
    """`free` places are left out at its beginning: they were printed on before."""

    labels: Sequence[Label]
    free: range = range(0)


def print_sheets(
    subjects: Sequence[Subject], *, paper: Paper, codes: Codes, copies: int = 1, first: int = 1
) -> list[Sheet]:
    """The sheets of `copies` labels of each subject, the copies side by side. The first sheet begins at place `first`.

    At most MOST_LABELS: what is over is not printed, and the caller says so.
    """
    labels = islice(_copies(subjects, paper, codes, copies), MOST_LABELS)
    free = range(0 if paper.is_roll else min(first, paper.per_sheet) - 1)
    sheets: list[Sheet] = []
    while held := list(islice(labels, paper.per_sheet - len(free))):
        sheets.append(Sheet(held, free))
        free = range(0)
    return sheets


def _copies(subjects: Sequence[Subject], paper: Paper, codes: Codes, copies: int) -> Iterator[Label]:
    for subject in subjects:
        label = _label(subject, paper, codes)
        for _ in range(copies):
            yield label


def _label(subject: Subject, paper: Paper, codes: Codes) -> Label:
    bars = "" if codes == Codes.QR else _bars(subject.code, paper)
    needs_square = codes != Codes.BARS or not bars
    return Label(subject, bars, qr(subject.code) if needs_square else "")


def _bars(code: str, paper: Paper) -> str:
    width = width_of(code)
    if width is None:
        return ""
    narrowest = min(paper.widest, paper.inner_width / width)
    return code128(code, narrowest=narrowest) if narrowest >= _LEAST else ""
