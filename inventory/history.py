"""The history of documents: what was done, by whom, when and why, written in the transaction of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from inventory import statements
from inventory.models import StateChange
from warehouses.actors import Actor
from warehouses.identifiers import new_id
from warehouses.models import Organization
from warehouses.models.base import PublicModel

__all__ = ["Entry", "history_of", "note", "note_all", "shortened"]

_LONGEST_NOTE: Final = 500


def note(
    *,
    organization: Organization,
    actor: Actor,
    subject: PublicModel,
    action: str,
    from_state: str = "",
    to_state: str,
    at: datetime,
    quantity: int | None = None,
    reason: str = "",
) -> None:
    """Write one line of the history of `subject`. `from_state` is empty for its beginning. One statement."""
    StateChange.objects.create(
        organization=organization,
        subject_type=subject.prefix,
        subject_id=subject.pk,
        action=action,
        from_state=from_state,
        to_state=to_state,
        quantity=quantity,
        note=reason,
        actor_type=actor.type,
        actor_id=actor.id,
        actor_name=actor.name,
        created_at=at,
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of one record's history; the fields are those of `note`."""

    subject: PublicModel
    action: str
    to_state: str
    from_state: str = ""
    quantity: int | None = None
    reason: str = ""


_COLUMNS = (
    "id organization subject_type subject_id action from_state to_state quantity note actor_type actor_id actor_name"
    " created_at"
).split()


def note_all(*, organization: Organization, actor: Actor, entries: Sequence[Entry], at: datetime) -> None:
    """Write lines of the histories of several records. One statement, none without entries."""
    statements.insert(
        StateChange,
        _COLUMNS,
        [
            (
                *(new_id(), organization.pk, entry.subject.prefix, entry.subject.pk, entry.action),
                *(entry.from_state, entry.to_state, entry.quantity, entry.reason),
                *(actor.type.value, actor.id, actor.name, at),
            )
            for entry in entries
        ],
    )


def shortened(text: str) -> str:
    """`text`, or as much of its beginning as a line of the history takes."""
    return text if len(text) <= _LONGEST_NOTE else f"{text[: _LONGEST_NOTE - 1]}…"


def history_of(subjects: Sequence[PublicModel]) -> dict[Any, list[StateChange]]:
    """The histories of records, by their keys, each from its beginning on. One query."""
    found: dict[Any, list[StateChange]] = {subject.pk: [] for subject in subjects}
    for change in StateChange.objects.filter(subject_id__in=list(found)).order_by("created_at", "id"):
        found[change.subject_id].append(change)
    return found
