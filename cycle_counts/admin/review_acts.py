"""What a reviewer does with lines, read from the form of their page and done through the business functions.

One form holds all lines of the page; the button that is pressed says what is meant: `accept:ccl_…` for one line,
`bulk:accept` for those that are selected, `keep:ccl_…` for a cause or a note alone. What was typed beside other lines
is kept along with it. Each act tells what it has done in a few words, and how that is undone: `Told`, which also goes
into the session.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone

from cycle_counts.admin.review_rows import seen_of
from cycle_counts.models import CountBatch, CountLine, LineState, RootCause
from cycle_counts.review import LineResolution, decide_lines
from cycle_counts.states import Condition
from inventory.admin.goods_form import typed_skus
from warehouses import transactions
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.refusals import Conflict, InvalidInput, Problem, Refusal

__all__ = ["ReviewFaults", "Told", "act_on_lines", "faults_of", "typed_in"]

#: What a session holds: JSON only. `text`, `is_alert`, `undo` (a JSON text), `line` (a public id).
Told = dict[str, Any]

_DEEDS: Final[Mapping[str, str]] = {
    "accept": "accepted",
    "recount": "to be recounted",
    "ignore": "ignored",
    "undecided": "put back",
}
_KEEPS: Final[Mapping[str, str]] = {
    LineState.ACCEPTED: "accept",
    LineState.RECOUNT: "recount",
    LineState.IGNORED: "ignore",
}
_STATES: Final = {resolution: state for state, resolution in _KEEPS.items()}
_FIELDS: Final = ("cause", "note", "sku")
_LONGEST: Final = 500
_CHANGED: Final = "CHANGED_SINCE_SEEN"


@dataclass(frozen=True, slots=True)
class ReviewFaults:
    """Why a form comes back: in general, and at which line, by its public id."""

    general: list[str] = field(default_factory=list)
    lines: dict[str, str] = field(default_factory=dict)
    is_conflict: bool = False


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the form says of one line; its place is the index of its problems."""

    line: CountLine
    resolution: str
    cause: str | None
    note: str | None
    sku: str


def act_on_lines(access: Access, batch: CountBatch, post: QueryDict) -> Told:
    """Do what the pressed button says. Raises refusals, whose problems' indexes are places in the form's lines."""
    deed, _, name = post.get("do", "").partition(":")
    if deed == "undo":
        return _undo(access, batch, post.get("undo", ""))
    lines = _lines_of(batch, post)
    if deed == "bulk":
        names, deed = post.getlist("chosen"), name
        if not names:
            return _told("Select lines first.", is_alert=True)
    else:
        names = [name] if name else []
    if deed not in (*_DEEDS, "keep"):
        raise InvalidInput("UNKNOWN_ACT", "Choose what is to be done.")
    meant = {key for key in names if key in lines}
    if names and not meant:
        raise InvalidInput("UNKNOWN_ACT", "These lines are not on the page any more.")
    wanted = _wanted(lines, meant, deed, post)
    if not wanted:
        return _told("Nothing is changed.")
    skus = typed_skus(access.organization, [each.sku for each in wanted if each.sku])
    unknown = [
        Problem("INVENTORY_NOT_FOUND", f"There is no SKU {each.sku}.", index, "sku")
        for index, each in enumerate(wanted)
        if each.sku and each.sku not in skus
    ]
    if unknown:
        raise InvalidInput("INVENTORY_NOT_FOUND", unknown[0].detail, problems=unknown)
    resolutions = [
        LineResolution(
            line_id=each.line.pk,
            resolution=each.resolution,  # type: ignore[arg-type]
            root_cause=each.cause,
            note=each.note,
            sku=skus.get(each.sku),
            index=index,
        )
        for index, each in enumerate(wanted)
    ]
    seen = {each.line.pk: post.get(f"seen-{each.line.public_id}", "") for each in wanted}
    at = _decide(access, batch, resolutions, _unchanged_since(seen))
    before = [_kept(each, at) for each in wanted]
    one = name if len(meant) == 1 and deed != "keep" else ""
    return _told(
        _words(lines, meant, deed), undo=json.dumps(before) if deed in _DEEDS else "", line=one or name
    )


def _unchanged_since(seen: Mapping[UUID, str]) -> Condition:
    """That nobody has decided on these lines meanwhile. Asked under the lock of the batch; one query."""

    def check(locked: CountBatch) -> None:
        places = {key: place for place, key in enumerate(seen)}
        changed = [
            line
            for line in CountLine.objects.filter(batch=locked, pk__in=list(seen))
            if seen_of(line) != seen[line.pk]
        ]
        if changed:
            problems = [
                Problem(
                    _CHANGED,
                    f"{line.reviewer_name or 'Somebody'} has decided on this meanwhile: look at it again.",
                    places[line.pk],
                )
                for line in changed
            ]
            raise Conflict(_CHANGED, problems[0].detail, problems=problems)

    return check


def faults_of(batch: CountBatch, refusal: Refusal, post: QueryDict) -> ReviewFaults:
    """What a refusal means for the page."""
    faults = ReviewFaults(is_conflict=refusal.code in {_CHANGED, "VERSION_CONFLICT"})
    lines = _lines_of(batch, post)
    deed, _, name = post.get("do", "").partition(":")
    names = post.getlist("chosen") if deed == "bulk" else [name]
    wanted = _wanted(lines, {key for key in names if key in lines}, name if deed == "bulk" else deed, post)
    for problem in refusal.problems:
        if problem.index is not None and problem.index < len(wanted):
            faults.lines.setdefault(wanted[problem.index].line.public_id, problem.detail)
        elif problem.detail not in faults.general:
            faults.general.append(problem.detail)
    if not (faults.general or faults.lines):
        faults.general.append(refusal.detail)
    return faults


def typed_in(post: QueryDict) -> dict[str, dict[str, str]]:
    """What is typed beside the lines, by their public ids."""
    found: dict[str, dict[str, str]] = {}
    for name in post:
        kind, _, key = name.partition("-")
        if kind in _FIELDS and key:
            found.setdefault(key, {})[kind] = _clean(post.get(name, ""))
    return found


# --- reading the form


def _lines_of(batch: CountBatch, post: QueryDict) -> dict[str, CountLine]:
    """The lines that the form holds, by their public ids, in its order. One query."""
    keys = [decode(CountLine.prefix, name.removeprefix("seen-")) for name in post if name.startswith("seen-")]
    rows = batch.lines.select_related("sku", "bin", "lot").in_bulk([key for key in keys if key is not None])
    return {rows[key].public_id: rows[key] for key in keys if key in rows}


def _wanted(lines: Mapping[str, CountLine], meant: set[str], deed: str, post: QueryDict) -> list[_Wanted]:
    """What is to be decided: the lines that are meant, and of the others those whose cause or note was changed."""
    found = []
    for key, line in lines.items():
        cause = post.get(f"cause-{key}")
        note = _clean(post.get(f"note-{key}", "")) if f"note-{key}" in post else None
        if cause is not None and cause not in RootCause.values:
            cause = ""
        is_typed = (cause is not None and cause != line.root_cause) or (
            note is not None and note != line.review_note
        )
        if key in meant and deed != "keep":
            sku = _clean(post.get(f"sku-{key}", ""))[:128] if line.sku_id is None and deed == "accept" else ""
            found.append(_Wanted(line, deed, cause, note, sku))
        elif is_typed:
            found.append(_Wanted(line, _KEEPS.get(line.state, "undecided"), cause, note, ""))
    return found


def _words(lines: Mapping[str, CountLine], meant: set[str], deed: str) -> str:
    if deed == "keep":
        return "Noted."
    if len(meant) == 1:
        line = lines[next(iter(meant))]
        what = line.sku.code if line.sku is not None else line.code
        return f"{what} in {line.bin.code}: {_DEEDS[deed]}."
    return f"{len(meant):,} lines {_DEEDS[deed]}."


def _decide(
    access: Access, batch: CountBatch, resolutions: Sequence[LineResolution], condition: Condition
) -> datetime:
    """When it was decided."""
    at = timezone.now()
    transactions.run(
        lambda: decide_lines(
            access=access, batch=batch, resolutions=resolutions, condition=condition, recorded_at=at
        )
    )
    return at


# --- taking it back


def _kept(wanted: _Wanted, at: datetime) -> list[str]:
    """What was decided on the line before, and what is seen of it now: when that has changed, nothing is undone."""
    line = wanted.line
    now = CountLine(state=_STATES.get(wanted.resolution, ""), reviewed_at=at)
    if wanted.resolution == "undecided":
        now = CountLine(state=LineState.PENDING if line.counted is None else LineState.COUNTED)
    resolution = _KEEPS.get(line.state, "undecided")
    return [line.public_id, resolution, line.root_cause, line.review_note, seen_of(now)]


def _undo(access: Access, batch: CountBatch, text: str) -> Told:
    """Put lines back to what was decided on them before, as long as they are still in review."""
    resolutions = []
    seen: dict[UUID, str] = {}
    rows = _parsed(text)
    for index, (key, resolution, cause, note, now) in enumerate(rows):
        found = decode(CountLine.prefix, key)
        if found is None or resolution not in _DEEDS:
            raise InvalidInput("UNKNOWN_ACT", "Choose what is to be undone.")
        seen[found] = now
        resolutions.append(
            LineResolution(
                line_id=found,
                resolution=resolution,  # type: ignore[arg-type]
                root_cause=cause if cause in RootCause.values else "",
                note=_clean(note),
                index=index,
            )
        )
    if not resolutions:
        raise InvalidInput("UNKNOWN_ACT", "There is nothing to undo.")
    _decide(access, batch, resolutions, _unchanged_since(seen))
    number = len(resolutions)
    words = f"Undone: {number:,} line{'s' * (number != 1)} as before."
    return _told(words, line=rows[0][0] if number == 1 else "")


def _parsed(text: str) -> list[list[str]]:
    try:
        rows = json.loads(text)
    except ValueError:
        return []
    if not isinstance(rows, list):
        return []
    return [
        row
        for row in rows
        if isinstance(row, list) and len(row) == 5 and all(isinstance(one, str) for one in row)
    ]


def _told(text: str, *, is_alert: bool = False, undo: str = "", line: str = "") -> Told:
    return {"text": text, "is_alert": is_alert, "undo": undo, "line": line}


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:_LONGEST]
