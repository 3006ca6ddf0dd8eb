"""The lines that a reviewer looks at: what the books said, what was counted, and what has moved since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, Count, F, Q, QuerySet, When
from django.db.models.functions import Abs

from cycle_counts.drift import Drift, moved_since
from cycle_counts.models import CountBatch, CountLine, LineState, RootCause

__all__ = ["CAUSES", "ROWS_PER_PAGE", "SHOWN", "ReviewPage", "Row", "read_review", "seen_of"]

#: Of each line five fields are sent, and a form may hold a thousand.
ROWS_PER_PAGE: Final = 100
#: Name in the address → words.
SHOWN: Final[Mapping[str, str]] = {
    "": "Differences",
    "open": "To decide",
    "within": "Within tolerance",
    "uncounted": "Not counted",
}
#: Digit, value and words of each: the tenth is 0.
CAUSES: Final = [
    (str(number % 10), str(value), str(words))
    for number, (value, words) in enumerate(RootCause.choices, start=1)
]
_DECISIVE: Final = Q(counted__isnull=False, is_within=False)
_CONDITIONS: Final[Mapping[str, Q]] = {
    "": _DECISIVE,
    "open": Q(state=LineState.COUNTED),
    "within": Q(is_within=True),
    "uncounted": Q(counted__isnull=True),
}
_RESOLUTIONS: Final[Mapping[str, str]] = {
    LineState.ACCEPTED: "accept",
    LineState.RECOUNT: "recount",
    LineState.IGNORED: "ignore",
}
_DONE: Final[Mapping[str, str]] = {"accept": "Accepted", "recount": "To be recounted", "ignore": "Ignored"}


@dataclass(frozen=True, slots=True)
class Row:
    """A line, with what is typed beside it and what is wrong with that."""

    line: CountLine
    drift: Drift | None
    typed: Mapping[str, str]
    fault: str = ""

    @property
    def key(self) -> str:
        return self.line.public_id

    @property
    def resolution(self) -> str:
        return _RESOLUTIONS.get(self.line.state, "")

    @property
    def resolution_words(self) -> str:
        if self.line.is_within:
            return "Within tolerance"
        return _DONE.get(self.resolution, "Not counted" if self.line.counted is None else "To decide")

    @property
    def is_open(self) -> bool:
        return self.line.state == LineState.COUNTED

    @property
    def is_unknown(self) -> bool:
        return self.line.sku_id is None

    @property
    def goods(self) -> str:
        return self.line.sku.code if self.line.sku is not None else self.line.code

    @property
    def title(self) -> str:
        return self.line.sku.title if self.line.sku is not None else "Nobody knows this code yet"

    @property
    def lot(self) -> str:
        return self.line.lot.code if self.line.lot is not None else self.line.lot_code

    @property
    def first_count(self) -> int | None:
        """What was counted the first time, of a line that is counted again."""
        return self.line.recount_of.counted if self.line.recount_of is not None else None

    @property
    def percent(self) -> str:
        """Of what the books said; of nothing there is no percentage."""
        variance, expected = self.line.variance, self.line.expected
        if not variance or not expected:
            return ""
        share = Decimal(100 * variance) / expected
        return f"{share:+,.0f}%" if abs(share) >= 10 else f"{share:+,.1f}%"

    @property
    def value(self) -> Decimal | None:
        return self.line.variance_value

    @property
    def has_moved(self) -> bool:
        return self.drift is not None and self.drift.moved != 0

    @property
    def is_short_of(self) -> bool:
        """Whether less is left than the difference would take away: then nothing can be posted of it."""
        return (
            self.drift is not None
            and self.line.variance is not None
            and self.drift.now + self.line.variance < 0
        )

    @property
    def cause(self) -> str:
        return self.typed.get("cause", self.line.root_cause)

    @property
    def note(self) -> str:
        return self.typed.get("note", self.line.review_note)

    @property
    def named(self) -> str:
        return self.typed.get("sku", "")

    @property
    def seen(self) -> str:
        return seen_of(self.line)


@dataclass(frozen=True, slots=True)
class ReviewPage:
    rows: list[Row]
    counts: Mapping[str, int]
    show: str
    number: int
    pages: int

    @property
    def earlier(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def later(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None

    @property
    def has_recounts(self) -> bool:
        return any(row.line.recount_of_id for row in self.rows)


def read_review(
    batch: CountBatch,
    *,
    show: str,
    page: Any,
    typed: Mapping[str, Mapping[str, str]] | None = None,
    faults: Mapping[str, str] | None = None,
) -> ReviewPage:
    """A page of the lines, the most valuable difference first and what nobody knows before all of them.

    `typed` and `faults` are of a form that comes back, by the lines' public ids. The same number of queries, whatever
    the number of lines.
    """
    rows: QuerySet[CountLine] = batch.lines.order_by()
    counted = rows.aggregate(
        **{f"of_{name}": Count("pk", filter=condition) for name, condition in _CONDITIONS.items()}
    )
    counts = {name: counted[f"of_{name}"] for name in _CONDITIONS}
    chosen = show if show in SHOWN else ""
    pages = max(1, -(-counts[chosen] // ROWS_PER_PAGE))
    text = str(page or "")
    number = min(int(text), pages) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) else 1
    start = (number - 1) * ROWS_PER_PAGE
    lines: Sequence[CountLine] = list(
        rows.filter(_CONDITIONS[chosen])
        .select_related("bin__room", "sku__organization", "lot", "recount_of")
        .order_by(
            # What nobody knows comes first.
            Case(When(sku__isnull=True, then=0), default=1),
            Abs(F("variance") * F("unit_cost")).desc(nulls_last=True),
            Abs(F("variance")).desc(nulls_last=True),
            "position",
        )[start : start + ROWS_PER_PAGE]
    )
    drifts = moved_since(lines)
    typed, faults = typed or {}, faults or {}
    found = [
        Row(line, drifts.get(line.pk), typed.get(line.public_id, {}), faults.get(line.public_id, ""))
        for line in lines
    ]
    return ReviewPage(found, counts, chosen, number, pages)


def seen_of(line: CountLine) -> str:
    """What a reviewer has seen of the line's decision, to be sent along with the next one."""
    at = line.reviewed_at.isoformat() if line.reviewed_at is not None else ""
    return f"{line.state}:{at}"
