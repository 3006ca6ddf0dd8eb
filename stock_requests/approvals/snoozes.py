"""Requests that somebody does not want to see in their queue for a while. Nobody else notices."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from stock_requests.models import RequestState, Snooze, StockRequest
from stock_requests.rights import approver
from stock_requests.states import require_state
from warehouses.access import Access
from warehouses.refusals import Forbidden, Problem, RuleBroken
from warehouses.who_may import person_behind

__all__ = ["snooze", "wake"]


def snooze(*, access: Access, request: StockRequest, until: datetime) -> Snooze:
    """Leave the request out of the caller's queue until then; of two, the later call holds.

    Raises Forbidden `PERMISSION_DENIED` (nobody who approves at its source, or a key that nobody is behind), Conflict
    `INVALID_TRANSITION` (it waits for nobody), RuleBroken `SNOOZED_INTO_PAST`.
    """
    approver(access)(request)
    person = _person(access)
    require_state(request, (RequestState.SUBMITTED,))
    if until <= timezone.now():
        detail = "That time has passed already: the request would stay where it is."
        raise RuleBroken(
            "SNOOZED_INTO_PAST", detail, problems=[Problem("SNOOZED_INTO_PAST", detail, field="until")]
        )
    kept, _created = Snooze.objects.update_or_create(
        request=request,
        user_id=person,
        defaults={"until": until},
        create_defaults={"until": until, "organization": access.organization},
    )
    return kept


def wake(*, access: Access, request: StockRequest) -> None:
    """Show the request in the caller's queue again. Raises Forbidden `PERMISSION_DENIED`."""
    approver(access)(request)
    Snooze.objects.filter(request=request, user=_person(access)).delete()


def _person(access: Access) -> UUID:
    person = person_behind(access.actor)
    if person is None:
        raise Forbidden("PERMISSION_DENIED", "Only a person has a queue.")
    return person
