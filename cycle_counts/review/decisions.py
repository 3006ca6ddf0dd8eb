"""What a reviewer makes of the lines: accepted, counted again by somebody else, or left alone; and why they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from cycle_counts.models import BatchState, CountBatch, CountLine, LineState, RootCause
from cycle_counts.preferences import settings_of
from cycle_counts.review.naming import Named, Naming, name_skus, write_naming
from cycle_counts.rights import reviewer
from cycle_counts.states import Condition, require_version, seize
from cycle_counts.tolerances import tolerance_of
from cycle_counts.wording import goods_of, line_in_words
from inventory import history, statements
from inventory.models import Sku
from inventory.transitions import every
from warehouses.access import Access
from warehouses.refusals import Forbidden, InvalidInput, NotFound, Problem, Refusal, RuleBroken, gather
from warehouses.who_may import person_behind

__all__ = [
    "LineResolution",
    "Resolution",
    "Reviewer",
    "decide",
    "decide_lines",
    "in_words",
    "lines_of",
    "note_decided",
    "target_of",
    "unknown_yet",
    "write_decided",
]

Resolution = Literal["accept", "recount", "ignore", "undecided"]

_DECIDED: Final[Mapping[str, LineState]] = {
    "accept": LineState.ACCEPTED,
    "recount": LineState.RECOUNT,
    "ignore": LineState.IGNORED,
}
_LONGEST_NOTE: Final = 500
_WORDS: Final[Mapping[str, str]] = {
    LineState.ACCEPTED: "accepted",
    LineState.RECOUNT: "to be recounted",
    LineState.IGNORED: "ignored",
    LineState.COUNTED: "put back",
    LineState.PENDING: "put back",
}


@dataclass(frozen=True, slots=True)
class LineResolution:
    """What becomes of one line. `undecided` puts it back to what it was; `root_cause` and `note` None stay as they are.

    `sku` names what nobody knew when it was scanned. `index` is the row of the request, for the problems of a refusal.
    """

    line_id: UUID
    resolution: Resolution
    root_cause: str | None = None
    note: str | None = None
    sku: Sku | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who reviews, and whether that may be who has counted."""

    access: Access
    person: UUID | None
    may_review_own: bool

    @classmethod
    def of(cls, access: Access) -> Reviewer:
        """One query, and one more for an API key."""
        return cls(access, person_behind(access.actor), settings_of(access.organization).allows_own_review)

    def refusal(self, batch: CountBatch, line: CountLine, index: int | None) -> Refusal | None:
        """`SELF_REVIEW`, where the line is outside the tolerance and whoever reviews it has counted it."""
        if self.may_review_own or not self._has_counted(line) or _is_within(batch, line):
            return None
        detail = f"You counted {line_in_words(line)} yourself: somebody else decides on it."
        return Forbidden("SELF_REVIEW", detail, problems=[Problem("SELF_REVIEW", detail, index, "line")])

    def _has_counted(self, line: CountLine) -> bool:
        if line.counted is None:
            return False
        actor = self.access.actor
        same = (line.counter_type, line.counter_id) == (actor.type, actor.id)
        return same or (self.person is not None and line.counted_by_id == self.person)


def decide_lines(
    *,
    access: Access,
    batch: CountBatch,
    resolutions: Sequence[LineResolution],
    version: int | None = None,
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> CountBatch:
    """Note what becomes of lines of a batch in review, in the caller's transaction; nothing is posted yet.

    Each can be decided on anew until the batch is resolved. A line that was accepted by itself counts as reviewed from
    then on. What a SKU is named for is compared with what the books said when it was counted; where another line of the
    batch is about the same goods and nobody has counted it, that one takes over the count. Nothing is written where
    nothing is named. A constant number of statements, whatever the number of lines.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `CYCLE_COUNT_NOT_FOUND`, Conflict `INVALID_TRANSITION`,
    `VERSION_CONFLICT`, what `decide` raises of the lines, and what `condition` raises.
    """
    locked = seize(
        batch,
        authorize=reviewer(access),
        states=(BatchState.REVIEW,),
        condition=every(require_version(version), condition),
    )
    if not resolutions:
        return locked
    at = recorded_at or timezone.now()
    named = {resolution.line_id for resolution in resolutions}
    known = {line.pk: line for line in lines_of(locked).filter(pk__in=named)}
    naming = decide(Reviewer.of(access), locked, known, resolutions, at)
    decided = [target_of(known[each.line_id], naming) for each in resolutions]
    write_decided(decided, naming)
    return note_decided(access, locked, decided, at)


def note_decided(
    access: Access, locked: CountBatch, decided: Sequence[CountLine], at: datetime
) -> CountBatch:
    """What was decided is a change of the batch. Two statements."""
    locked.version += 1
    locked.save(update_fields=["version"])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="decide",
        from_state=locked.state,
        to_state=locked.state,
        at=at,
        quantity=len(decided),
        reason=history.shortened(in_words(decided)),
    )
    return locked


def lines_of(batch: CountBatch) -> QuerySet[CountLine]:
    """The lines of a batch in their order, with all that is asked of them."""
    return CountLine.objects.filter(batch=batch).select_related("sku", "lot", "bin").order_by("position")


def decide(
    critic: Reviewer,
    batch: CountBatch,
    known: Mapping[UUID, CountLine],
    resolutions: Sequence[LineResolution],
    at: datetime,
) -> Naming:
    """Change the records of `known` as the resolutions say; writes nothing. Returns what naming SKUs has changed.

    Raises, of several bad rows one refusal with every problem, NotFound `COUNT_LINE_NOT_FOUND`, `INVENTORY_NOT_FOUND`,
    InvalidInput `INVALID_REQUEST`, Forbidden `SELF_REVIEW`, RuleBroken `DUPLICATE_ROW`, `LINE_NOT_COUNTED`,
    `SKU_UNKNOWN_YET`, `SKU_KNOWN`; once all rows are good, what `name_skus` raises.
    """
    rows: dict[UUID, int] = {}
    faults: list[Refusal] = []
    for each in resolutions:
        line = known.get(each.line_id)
        if line is None:
            detail = f"{batch.label} has no such line."
            faults.append(_fault(NotFound, "COUNT_LINE_NOT_FOUND", detail, each, "line"))
        elif line.pk in rows:
            detail = f"{line_in_words(line)} is named twice."
            faults.append(_fault(RuleBroken, "DUPLICATE_ROW", detail, each, "line"))
        else:
            rows[line.pk] = each.index
            faults += _faults_of(critic, batch, line, each)
    if faults:
        raise gather(faults)
    named = [
        Named(known[each.line_id], each.sku, each.index)
        for each in resolutions
        if each.sku is not None and each.sku.pk != known[each.line_id].sku_id
    ]
    naming = name_skus(access=critic.access, batch=batch, known=known, named=named, decided=rows, at=at)
    for each in resolutions:
        _apply(critic, target_of(known[each.line_id], naming), each, at)
    return naming


def target_of(line: CountLine, naming: Naming) -> CountLine:
    """The line that a decision is about: what has taken over the count of another, is decided on in its place."""
    return naming.targets.get(line.pk, line)


_REVIEWED: Final = "state is_within root_cause review_note reviewer_name reviewed_at".split()
_NAMED: Final = (
    "sku lot lot_code abc_class counted expected variance unit_cost level_version counted_at counter_type counter_id"
    " counter_name counted_by remark note"
).split()
_KEYS: Final = frozenset({"sku", "lot", "counted_by"})


def write_decided(decided: Iterable[CountLine], naming: Naming) -> None:
    """Three statements at most."""
    named = {line.pk: line for line in naming.lines}
    rest = {line.pk: line for line in decided if line.pk not in named}
    for columns, lines in ((_REVIEWED, rest), ([*_REVIEWED, *_NAMED], named)):
        attributes = [f"{name}_id" if name in _KEYS else name for name in ("pk", *columns)]
        statements.update(
            CountLine, columns, [[getattr(line, name) for name in attributes] for line in lines.values()]
        )
    write_naming(naming)


def in_words(lines: Sequence[CountLine]) -> str:
    """What was decided: "3 lines accepted, 1 ignored"."""
    counts = Counter(_WORDS[line.state] for line in lines)
    return ", ".join(f"{number:,} {words}" for words, number in counts.items())


def _faults_of(
    critic: Reviewer, batch: CountBatch, line: CountLine, each: LineResolution
) -> Iterator[Refusal]:
    if each.resolution not in get_args(Resolution):
        detail = f"A resolution is one of {', '.join(get_args(Resolution))}."
        yield _fault(InvalidInput, "INVALID_REQUEST", detail, each, "resolution")
    if each.root_cause and each.root_cause not in RootCause.values:
        detail = f"A root cause is one of {', '.join(RootCause.values)}."
        yield _fault(InvalidInput, "INVALID_REQUEST", detail, each, "root_cause")
    if each.note is not None and len(each.note) > _LONGEST_NOTE:
        detail = f"A note has at most {_LONGEST_NOTE} characters."
        yield _fault(InvalidInput, "INVALID_REQUEST", detail, each, "note")
    if each.sku is not None:
        yield from _faults_of_sku(critic, line, each, each.sku)
    if each.resolution == "accept":
        if line.counted is None:
            detail = f"{line_in_words(line)} was not counted: let it be counted, or ignore it."
            yield _fault(RuleBroken, "LINE_NOT_COUNTED", detail, each, "resolution")
        elif line.sku_id is None and each.sku is None:
            yield unknown_yet(line, each.index)
    refusal = critic.refusal(batch, line, each.index)
    if refusal is not None:
        yield refusal


def _faults_of_sku(critic: Reviewer, line: CountLine, each: LineResolution, sku: Sku) -> Iterator[Refusal]:
    if sku.organization_id != critic.access.organization.pk:
        detail = f"There is no inventory of the SKU {sku.code!r}."
        yield _fault(NotFound, "INVENTORY_NOT_FOUND", detail, each, "sku")
    elif line.sku_id != sku.pk and not line.code:
        yield _fault(RuleBroken, "SKU_KNOWN", f"The line is of {goods_of(line)}.", each, "sku")
    elif line.counted is None:
        detail = f"{line_in_words(line)} was not counted: there is nothing to name."
        yield _fault(RuleBroken, "LINE_NOT_COUNTED", detail, each, "sku")


def unknown_yet(line: CountLine, index: int | None) -> Refusal:
    detail = f"Nobody knows what {goods_of(line)} in {line.bin.code} is: name its SKU, or ignore it."
    return RuleBroken("SKU_UNKNOWN_YET", detail, problems=[Problem("SKU_UNKNOWN_YET", detail, index, "sku")])


def _apply(critic: Reviewer, line: CountLine, each: LineResolution, at: datetime) -> None:
    before = LineState.PENDING if line.counted is None else LineState.COUNTED
    line.state = _DECIDED.get(each.resolution, before)
    line.is_within = False
    if each.root_cause is not None:
        line.root_cause = each.root_cause
    if each.note is not None:
        line.review_note = each.note
    is_decided = each.resolution != "undecided"
    line.reviewer_name = critic.access.actor.name if is_decided else ""
    line.reviewed_at = at if is_decided else None


def _is_within(batch: CountBatch, line: CountLine) -> bool:
    if line.variance is None or line.expected is None:
        return False
    return tolerance_of(batch).holds(variance=line.variance, expected=line.expected, unit_cost=line.unit_cost)


def _fault(kind: type[Refusal], code: str, detail: str, each: LineResolution, field: str) -> Refusal:
    return kind(code, detail, problems=[Problem(code, detail, each.index, field)])
