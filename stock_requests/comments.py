"""Comments on requests. `@name@example.com` calls a member by their address; whoever is called is told."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from django.utils import timezone

from stock_requests.models import Comment, RequestState, StockRequest
from stock_requests.notifications import tell_mentioned
from stock_requests.rights import READ, editor
from stock_requests.states import seize
from warehouses.access import Access
from warehouses.models import User
from warehouses.refusals import InvalidInput, Problem, RuleBroken, gather
from warehouses.who_may import people_who_may

__all__ = ["LONGEST_COMMENT", "add_comment", "addresses_in"]

LONGEST_COMMENT: Final = 2000

#: An address with an @ before it, at the beginning of a word. The dot that ends a sentence is not part of it.
_MENTION: Final = re.compile(r"(?<![\w@.+-])@([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")


def add_comment(
    *, access: Access, request: StockRequest, text: str, created_at: datetime | None = None
) -> Comment:
    """Write a comment, whatever the state of the request; its version stays: what was asked for has not changed.

    Needs `stockrequests.write` at either end, and a transaction of the caller's. Locks the request; a constant number
    of statements, however many members are called. `created_at` is for seeded demonstrations.

    Raises NotFound `STOCK_REQUEST_NOT_FOUND`, Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_INPUT` (no text, or
    more than 2,000 characters), RuleBroken `UNKNOWN_MEMBER` (nobody of the address sees the request).
    """
    locked = seize(request, authorize=editor(access), states=tuple(RequestState))
    told = text.strip()
    if not told or len(told) > LONGEST_COMMENT or "\x00" in told:
        detail = f"A comment has 1 to {LONGEST_COMMENT:,} characters, none of them null."
        problem = Problem("INVALID_INPUT", detail, field="text")
        raise InvalidInput("INVALID_INPUT", detail, problems=[problem])
    called = _called(locked, addresses_in(told))
    now = created_at or timezone.now()
    comment = Comment(
        organization=access.organization,
        request=locked,
        text=told,
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=now,
    )
    comment.save(force_insert=True)
    if called:
        comment.mentions.add(*called)
        tell_mentioned(access=access, request=locked, comment=comment, users=called, at=now)
    return comment


def addresses_in(text: str) -> list[str]:
    """The addresses that a text calls, each once, in small letters, in their order."""
    return list(dict.fromkeys(address.lower() for address in _MENTION.findall(text)))


def _called(request: StockRequest, addresses: list[str]) -> list[User]:
    """Those members; that there is no such member, and that one does not see the request, is the same refusal."""
    if not addresses:
        return []
    places = {request.from_warehouse_id, request.to_warehouse_id} - {None}
    seeing = {
        user.email.lower(): user
        for place in places
        if place is not None
        for user in people_who_may(organization=request.organization, permission=READ, warehouse_id=place)
    }
    unknown = [address for address in addresses if address not in seeing]
    if unknown:
        raise gather([_unknown(address) for address in unknown])
    return [seeing[address] for address in addresses]


def _unknown(address: str) -> RuleBroken:
    detail = f"No member who sees this request has the address {address}."
    return RuleBroken("UNKNOWN_MEMBER", detail, problems=[Problem("UNKNOWN_MEMBER", detail, field="text")])
