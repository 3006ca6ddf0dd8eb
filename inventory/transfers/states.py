"""The state table of transfers, and taking hold of one to change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from inventory.models import Transfer, TransferState
from inventory.transitions import require_transition
from warehouses.refusals import NotFound

__all__ = ["ALLOWED", "Condition", "not_found", "seize"]

#: What can be done in each state.
ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    TransferState.DRAFT: ("ship", "cancel"),
    TransferState.IN_TRANSIT: ("receive",),
    TransferState.RECEIVED: (),
    TransferState.CANCELLED: (),
}

#: Looks at the locked transfer and may refuse, as If-Match does.
Condition = Callable[[Transfer], None]


def seize(
    transfer: Transfer, *, action: str, authorize: Condition, condition: Condition | None = None
) -> Transfer:
    """The transfer as it is now and until the caller's transaction ends, if `action` is allowed in its state.

    Of two who act on it at once, the second waits here and then sees what the first has made of it. `authorize`
    refuses before it is told in which state the transfer is. Raises NotFound `TRANSFER_NOT_FOUND`, Conflict
    `INVALID_TRANSITION`, and what the two functions raise.
    """
    rows = Transfer.objects.select_for_update(of=("self",), no_key=True)
    locked = (
        rows.select_related("from_warehouse", "to_warehouse")
        .filter(pk=transfer.pk, organization=transfer.organization_id)
        .first()
    )
    if locked is None:
        raise not_found()
    authorize(locked)
    if condition is not None:
        condition(locked)
    require_transition(locked, action=action, state=locked.state, allowed=ALLOWED[locked.state])
    return locked


def not_found() -> NotFound:
    return NotFound("TRANSFER_NOT_FOUND", "There is no such transfer.")
