"""Posting what is accepted: one adjustment for a batch, each line by the difference that was shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cycle_counts.models import CountBatch, CountLine, RootCause
from cycle_counts.review.naming import Item, item_of
from cycle_counts.wording import line_in_words
from inventory import history, statements
from inventory.adjustments import Recorded, adjust
from inventory.ledger import Line
from inventory.lots import find_or_make_lots
from inventory.lots.finding import find_lots
from inventory.models import Adjustment, AdjustmentKind, DocumentType, Movement, ReasonCode, Source
from warehouses.access import Access
from warehouses.refusals import Conflict, Problem, Refusal

__all__ = ["differing", "make_lots", "post_differences", "require_not_posted", "require_once"]

_REASON: Final = "cycle_count"
_ELSEWHERE: Final = "COUNTED_ELSEWHERE"


def differing(lines: Sequence[CountLine]) -> list[CountLine]:
    """Those that are not exact."""
    return [line for line in lines if line.variance]


def make_lots(
    *, access: Access, accepted: Sequence[CountLine], among: Sequence[CountLine], rows: dict[UUID, int]
) -> None:
    """Find the lots that accepted lines are of and nobody knew, and make those that there are not yet, and goods of.

    `among` are all lines of the batch. Six statements at most, none without such lines. Raises Conflict
    `ITEM_COUNTED_TWICE` where somebody has made the lot meanwhile and the batch has another line of it there.
    """
    new = [line for line in accepted if item_of(line)[-1]]
    if not new:
        return
    of_goods = [(line.sku.pk, line.lot_code, None) for line in new if line.sku is not None and line.variance]
    exact = [(line.sku.pk, line.lot_code) for line in new if line.sku is not None and not line.variance]
    found = find_or_make_lots(organization=access.organization, wanted=of_goods, actor=access.actor)
    found |= find_lots(access.organization, exact) if exact else {}
    changed = []
    for line in new:
        lot = found.get((line.sku_id, line.lot_code))  # type: ignore[arg-type]
        if lot is not None:
            line.lot, line.lot_code = lot, ""
            changed.append(line)
    known = {item_of(line) for line in changed}
    require_once([line for line in among if item_of(line) in known], rows)
    statements.update(CountLine, ("lot", "lot_code"), [(line.pk, line.lot_id, "") for line in changed])


def require_once(lines: Sequence[CountLine], rows: dict[UUID, int]) -> None:
    """Raise Conflict `ITEM_COUNTED_TWICE` where two of the lines are about the same goods in the same bin.

    `rows` are the rows of the request that are about lines.
    """
    first: dict[Item, CountLine] = {}
    problems: list[Problem] = []
    for line in lines:
        other = first.setdefault(item_of(line), line)
        if other is not line:
            detail = (
                f"{line_in_words(line)} was counted twice, as line {other.position} and as line {line.position}:"
                " ignore one of the two, or let it be counted again."
            )
            problems.append(Problem("ITEM_COUNTED_TWICE", detail, rows.get(line.pk), "line"))
    if problems:
        raise Conflict("ITEM_COUNTED_TWICE", problems[0].detail, problems=problems)


def post_differences(
    *,
    access: Access,
    batch: CountBatch,
    lines: Sequence[CountLine],
    accepted: Sequence[CountLine],
    rows: dict[UUID, int],
    note: str,
    source: Source,
    recorded_at: datetime | None,
) -> Recorded:
    """Post the variances of `lines`, none of which is 0, as one adjustment.

    Each changes the one stock item that was counted, by what was shown, whatever has moved since. `accepted` are these
    and the lines that are exact. Raises what `require_not_posted` raises, once the levels are locked, and what the
    ledger raises, with each line by name: nothing is posted then, and the reviewer decides anew.
    """
    reason = ReasonCode.objects.get(organization=access.organization, code_key=_REASON)
    posted = [
        Line(
            sku=line.sku,  # type: ignore[arg-type]
            warehouse=batch.warehouse,
            quantity=line.variance,
            reason=reason,
            bin=line.bin,
            lot=line.lot,
            is_lotless=line.lot_id is None,
            note=_note(line),
            reference=batch.label,
            is_fact=True,
            index=place,
        )
        for place, line in enumerate(lines)
    ]
    try:
        return adjust(
            organization=access.organization,
            actor=access.actor,
            source=source,
            lines=posted,
            kind=AdjustmentKind.COUNT,
            note=note,
            reference=batch.label,
            recorded_at=recorded_at,
            precondition=lambda _: require_not_posted(batch, accepted, rows),
        )
    except Refusal as refusal:
        if refusal.code == _ELSEWHERE:
            raise
        raise _told(refusal, lines, rows) from refusal


def require_not_posted(batch: CountBatch, lines: Sequence[CountLine], rows: dict[UUID, int]) -> None:
    """Raise Conflict `COUNTED_ELSEWHERE` where another count of the same goods was posted since a line was counted.

    What both have found missing is missing once. A posting that was reversed does not count. One query, none without
    lines.
    """
    mine: dict[tuple[Any, ...], CountLine] = {
        (line.sku_id, line.bin_id, line.lot_id): line for line in lines if line.counted_at is not None
    }
    if not mine:
        return
    posted = Adjustment.objects.order_by().filter(
        organization=batch.organization_id, kind=AdjustmentKind.COUNT, reversed_by__isnull=True
    )
    movements: Iterable[Any] = (
        Movement.objects.order_by("level_version")
        .filter(
            sku__in={sku for sku, _, _ in mine},
            warehouse=batch.warehouse_id,
            recorded_at__gt=min(line.counted_at for line in mine.values() if line.counted_at is not None),
            document_type=DocumentType.ADJUSTMENT,
            document_id__in=posted.values("pk"),
        )
        .values_list("sku", "stock_item__bin", "stock_item__lot", "level_version", "reference")
    )
    found = {}
    for sku, shelf, lot, version, reference in movements:
        line = mine.get((sku, shelf, lot))
        if line is not None and version > (line.level_version or 0):
            found[line] = reference
    if not found:
        return
    problems = [
        Problem(
            _ELSEWHERE,
            f"{line_in_words(line)} was counted for {reference} too, and that was posted since:"
            " ignore the line, or let it be counted again.",
            rows.get(line.pk),
            "line",
        )
        for line, reference in found.items()
    ]
    keys = [line.public_id for line in found]
    raise Conflict(_ELSEWHERE, problems[0].detail, problems=problems, extra={"lineIds": keys})


def _note(line: CountLine) -> str:
    """Why, on the movement itself: the cause and what the reviewer wrote."""
    cause = RootCause(line.root_cause).label if line.root_cause else ""
    return history.shortened(": ".join(part for part in (cause, line.review_note) if part))


def _told(refusal: Refusal, lines: Sequence[CountLine], rows: dict[UUID, int]) -> Refusal:
    """The ledger's refusal, of the lines that it is about: it knows them by their place only."""
    problems = []
    about = []
    for problem in refusal.problems:
        line = lines[problem.index] if problem.index is not None else None
        if line is None:
            problems.append(problem)
            continue
        about.append(line)
        detail = f"{line_in_words(line)}: {problem.detail} Recount the line, or ignore it."
        problems.append(Problem(problem.code, detail, rows.get(line.pk), "line"))
    if not about:
        return refusal
    names = ", ".join(dict.fromkeys(line_in_words(line) for line in about[:3]))
    rest = f" and {len(about) - 3} more" if len(about) > 3 else ""
    told = f"Nothing was posted. {names}{rest} cannot be, as stock is now: recount or ignore {_them(about)}."
    lines_told = [line.public_id for line in about]
    return type(refusal)(
        refusal.code, told, problems=problems, extra={**refusal.extra, "lineIds": lines_told}
    )


def _them(lines: Sequence[CountLine]) -> str:
    return "it" if len(lines) == 1 else "them"
