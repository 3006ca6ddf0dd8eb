"""Notices: what members are told, in the back office and by e-mail.

They are written in the transaction of what they tell of, so there is neither one without the other. The rows are the
queue of the e-mail too: once the transaction is committed the `wakers` are called, so that nobody has to wait for the
next look at the queue; when that fails, the next look finds them all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from warehouses import transactions
from warehouses.identifiers import decode
from warehouses.models import Membership, Notice, Organization, User
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import NotFound

__all__ = [
    "Message",
    "find_notice",
    "mark_read",
    "notices_of",
    "notify",
    "reasons",
    "settle",
    "unread_count",
    "wakers",
]

#: Called after the commit of a transaction that made e-mail due.
wakers: Final[list[Callable[[], None]]] = []

#: Why somebody is told of a kind: "You get this message because …". Each app adds its own kinds when it is ready.
reasons: Final[dict[str, str]] = {}

_LONGEST_TITLE: Final = 200
_LONGEST_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class Message:
    """What is told: `kind` is a word for machines, `path` the address of the page that it is about, from the root."""

    kind: str
    title: str
    text: str
    path: str


def notify(
    *,
    organization: Organization,
    users: Iterable[User],
    message: Message,
    at: datetime,
    by_email: bool,
    doer: UUID | None,
) -> set[UUID]:
    """Tell those of `users` who are active members, each once, but not `doer`, the key of the person who did it.

    Returns the keys of those who are told. Two statements, however many they are (on SQLite, whose statements are
    short, one more for each hundred). Runs in the transaction of what has happened, at `at`.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A notice is written in the transaction of what it tells of.")
    wanted = {user.pk for user in users} - {doer}
    if not wanted:
        return set()
    members = Membership.objects.order_by().filter(
        organization=organization, is_active=True, user__is_active=True, user__in=wanted
    )
    told = set(members.values_list("user", flat=True))
    title = _fitting(" ".join(message.title.split()), _LONGEST_TITLE)  # a header holds no line break
    text = _fitting(message.text, _LONGEST_TEXT)
    Notice.objects.bulk_create(
        Notice(
            organization=organization,
            user_id=user_id,
            kind=message.kind,
            title=title,
            text=text,
            path=message.path,
            created_at=at,
            email_due_at=at if by_email else None,
        )
        for user_id in sorted(told)
    )
    if told and by_email:
        for wake in wakers:
            transaction.on_commit(wake, robust=True)
    return told


def notices_of(*, user: User, organization: Organization | None) -> OrganizationQuerySet[Notice]:
    """What a person was told in an organization, the newest first."""
    return Notice.objects.for_organization(organization).filter(user=user).order_by("-created_at", "-id")


def find_notice(*, user: User, public_id: str) -> Notice:
    """A notice of this person, of whichever organization, with the organization. Raises NotFound `NOTICE_NOT_FOUND`."""
    key = decode(Notice.prefix, public_id)
    found = Notice.objects.select_related("organization").filter(user=user, pk=key).first() if key else None
    if found is None:
        raise NotFound("NOTICE_NOT_FOUND", "There is no such notice.")
    return found


def mark_read(
    *, user: User, organization: Organization | None, at: datetime, notice: Notice | None = None
) -> int:
    """Note that a person has read one notice of an organization, or all of them up to `at`; how many were unread."""
    unread = notices_of(user=user, organization=organization).filter(read_at__isnull=True, created_at__lte=at)
    if notice is not None:
        unread = unread.filter(pk=notice.pk)
    return transactions.run(lambda: unread.order_by().update(read_at=at))


def unread_count(*, user: User, organization: Organization | None) -> int:
    return notices_of(user=user, organization=organization).filter(read_at__isnull=True).order_by().count()


def settle(*, organization: Organization, kind: str, path: str, at: datetime) -> int:
    """What these notices asked for is no longer wanted: they count as read, and are not sent if they were not yet.

    Returns how many it were. One statement, in the transaction of what has settled it.
    """
    unread = Notice.objects.order_by().filter(organization=organization, read_at__isnull=True)
    return unread.filter(kind=kind, path=path).update(read_at=at, email_due_at=None)


def _fitting(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
