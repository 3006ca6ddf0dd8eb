"""Making all digests again, stretch by stretch: as much memory for a long ledger as for a short one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from inventory.checkpoints.books import FORM, Entry, books, entries, link
from inventory.checkpoints.heads import Head
from inventory.checkpoints.making import MARK, NEVER_YET, facts_of
from inventory.models import Checkpoint
from inventory.verification import Finding
from warehouses.identifiers import encode
from warehouses.models import Organization

__all__ = ["Uncovered", "uncovered", "verify"]

_CHANGED = "A row of the books is as it was when its checkpoint was made."
_REMOVED = "No row is taken out of the books."
_ADDED = "No row is put into a stretch of time that a checkpoint has closed."
_FOLLOWS = "Each checkpoint follows from the one before and from its rows."
_GAP = "An organization's checkpoints are numbered without a gap."
_KNOWN = "A checkpoint is of a form that this release knows."
_HEAD = "What was known of the ledger elsewhere is still so."


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Rows that no checkpoint covers yet, by book."""

    rows: dict[str, int]

    def __str__(self) -> str:
        said = [f"{name} {count}" for name, count in sorted(self.rows.items()) if count]
        return ", ".join(said) or "nothing"


def verify(known: Iterable[Head] = ()) -> Iterator[Finding]:
    """Yield what is not as it was written, in the order in which it was; nothing when all is well.

    `known` are heads that were kept elsewhere: without one, taking the newest checkpoints away together with their
    rows leaves a ledger that is merely shorter.
    """
    chains: dict[UUID, tuple[int, str]] = {}
    since = NEVER_YET
    while (until := _next_end(since)) is not None:
        yield from _stretch(since, until, chains)
        since = until
    for head in known:
        yield from _compare(head)


def uncovered() -> Uncovered:
    """What is newer than the last checkpoint."""
    last = Checkpoint.objects.order_by("-until").values_list("until", flat=True).first() or NEVER_YET
    return Uncovered({name: book.rows().filter(pk__gte=last).count() for name, book in books.items()})


def _next_end(since: UUID) -> UUID | None:
    """Where the first stretch after `since` ends."""
    later = Checkpoint.objects.filter(until__gt=since).order_by("until")
    return later.values_list("until", flat=True).first()


def _stretch(since: UUID, until: UUID, chains: dict[UUID, tuple[int, str]]) -> Iterator[Finding]:
    checkpoints = list(Checkpoint.objects.filter(until=until).order_by("organization_id", "number"))
    form = checkpoints[0].form
    rows = entries(since=since, until=until, form=min(form, FORM))
    for checkpoint in checkpoints:
        key = checkpoint.organization_id
        number, digest = chains.get(key, (0, ""))
        before: str | None = digest
        if checkpoint.number != number + 1:
            yield _finding("checkpoint-missing", _GAP, checkpoint, after=number)
            # Goes on from the one that is there: what it follows is unknown, and said once.
            before = None
        chains[key] = (checkpoint.number, checkpoint.digest)
        if checkpoint.form > FORM or checkpoint.form != form:
            yield _finding("checkpoint-unknown", _KNOWN, checkpoint, form=checkpoint.form)
            continue
        yield from _check(checkpoint, rows.pop(key, []), before)
    for organization_id, added in rows.items():
        for row in added:
            yield Finding(
                "row-added",
                _ADDED,
                str(row.key),
                {"book": row.book, "organization": _public(organization_id)},
            )


def _check(checkpoint: Checkpoint, rows: Sequence[Entry], before: str | None) -> Iterator[Finding]:
    marks = bytes(checkpoint.marks)
    kept = [marks[place : place + MARK] for place in range(0, len(marks), MARK)]
    there = [row.digest[:MARK] for row in rows]
    if kept == there:
        if before is not None and link(before, facts_of(checkpoint), list(rows)) != checkpoint.digest:
            yield _finding("checkpoint-changed", _FOLLOWS, checkpoint)
        return
    known, found = set(kept), set(there)
    strange = [row for row in rows if row.digest[:MARK] not in known]
    lost = [place for place, mark in enumerate(kept) if mark not in found]
    changed = min(len(strange), len(lost))
    for row in strange[:changed]:
        yield _finding("row-changed", _CHANGED, checkpoint, book=row.book, row=row.key)
    for row in strange[changed:]:
        yield _finding("row-added", _ADDED, checkpoint, book=row.book, row=row.key)
    for place in lost[changed:]:
        # Its own key is gone with it: it is named by its neighbour.
        before_it = rows[place - 1].key if 0 < place <= len(rows) else None
        yield _finding("row-removed", _REMOVED, checkpoint, place=place + 1, after=before_it)
    if not strange and not lost:
        yield _finding("checkpoint-changed", _FOLLOWS, checkpoint)


def _compare(head: Head) -> Iterator[Finding]:
    digest = (
        Checkpoint.objects.filter(organization_id=head.organization_id, number=head.number)
        .values_list("digest", flat=True)
        .first()
    )
    if digest != head.digest:
        name = f"{_public(head.organization_id)}/{head.number}"
        yield Finding("head-differs", _HEAD, name, {"known": head.digest, "found": digest or "no checkpoint"})


def _finding(check: str, promise: str, checkpoint: Checkpoint, **facts: object) -> Finding:
    name = f"{_public(checkpoint.organization_id)}/{checkpoint.number}"
    return Finding(check, promise, name, {key: value for key, value in facts.items() if value is not None})


def _public(organization_id: UUID) -> str:
    return encode(Organization.prefix, organization_id)
