"""The states of an import, and the one door through which they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from inventory.models import ImportRun, ImportState
from warehouses.refusals import Conflict

__all__ = ["AT_WORK", "TRANSITIONS", "move", "require"]

TRANSITIONS: Final[Mapping[ImportState, frozenset[ImportState]]] = {
    ImportState.READING: frozenset(
        {ImportState.MAPPING, ImportState.CHECKING, ImportState.FAILED, ImportState.DISCARDED}
    ),
    ImportState.MAPPING: frozenset({ImportState.CHECKING, ImportState.DISCARDED}),
    ImportState.CHECKING: frozenset({ImportState.READY, ImportState.FAILED, ImportState.DISCARDED}),
    ImportState.READY: frozenset({ImportState.CHECKING, ImportState.IMPORTING, ImportState.DISCARDED}),
    ImportState.IMPORTING: frozenset({ImportState.IMPORTED, ImportState.UNDOING}),
    # What a broken database or lost rights have cut short goes on; what was done is undone.
    ImportState.IMPORTED: frozenset({ImportState.IMPORTING, ImportState.UNDOING}),
    ImportState.UNDOING: frozenset({ImportState.UNDONE}),
    # What could not be undone is tried again once its cause is gone.
    ImportState.UNDONE: frozenset({ImportState.UNDOING}),
    ImportState.FAILED: frozenset({ImportState.DISCARDED}),
    ImportState.DISCARDED: frozenset(),
}

#: The states in which a worker has something to do.
AT_WORK: Final = (ImportState.READING, ImportState.CHECKING, ImportState.IMPORTING, ImportState.UNDOING)


def move(run: ImportRun, to: ImportState, **fields: Any) -> bool:
    """Compare-and-set, with other fields beside the state; `run` shows what was written.

    False, and nothing is written, where the run is no longer in a state that leads there, or its lease is another.
    """
    from_states = [state for state, following in TRANSITIONS.items() if to in following]
    rows = ImportRun.objects.filter(pk=run.pk, state__in=from_states, lease=run.lease)
    if not rows.update(state=to, **fields):
        return False
    run.state = to
    for name, value in fields.items():
        setattr(run, name, value)
    return True


def require(run: ImportRun, to: ImportState) -> None:
    """Raise Conflict `INVALID_TRANSITION`, in words for who looks at the run, unless its state leads there."""
    state = ImportState(run.state)
    if to not in TRANSITIONS[state]:
        allowed = sorted(target.value for target in TRANSITIONS[state])
        raise Conflict(
            "INVALID_TRANSITION",
            f"{run.file_name} is in the state “{state.label}”: somebody was faster. Look again.",
            extra={"state": state.value, "allowed": allowed},
        )
