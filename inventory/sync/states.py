"""The states of a run, and the one door through which they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from inventory.models import SyncRun, SyncState

__all__ = ["OPEN", "TRANSITIONS", "move"]

TRANSITIONS: Final[Mapping[SyncState, frozenset[SyncState]]] = {
    SyncState.QUEUED: frozenset({SyncState.RUNNING}),
    SyncState.RUNNING: frozenset({SyncState.COMPLETED, SyncState.FAILED}),
    SyncState.COMPLETED: frozenset(),
    SyncState.FAILED: frozenset(),
}

#: The states that something still follows: one run of a location at most is in these.
OPEN: Final = tuple(state for state, following in TRANSITIONS.items() if following)


def move(run: SyncRun, to: SyncState, **fields: Any) -> bool:
    """Compare-and-set, with other fields beside the state; `run` shows what was written.

    False, and nothing is written, where the run is no longer in a state that leads there, or its lease is another.
    """
    from_states = [state for state, following in TRANSITIONS.items() if to in following]
    rows = SyncRun.objects.filter(pk=run.pk, state__in=from_states, lease=run.lease)
    if not rows.update(state=to, **fields):
        return False
    run.state = to
    for name, value in fields.items():
        setattr(run, name, value)
    return True
