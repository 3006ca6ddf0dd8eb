"""The e-mail of notices: what is due is claimed, sent, and noted.

A claim is a lease: it moves `email_due_at` from the instant that was seen there to the end of the lease, which only one
of several can do, on any database. Whoever dies in the middle leaves a notice that comes due again by itself. No
transaction is open while the mail server is talked to.

At least once: who dies between the server's answer and the note of it has sent a message that is sent again, with the
same Message-ID.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urljoin
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse

from warehouses.models import Membership, Notice
from warehouses.notices import reasons

__all__ = ["GAPS", "GIVEN_UP_AFTER", "LEASE", "SERVER_PAUSE", "send_due"]

#: Far above what one message may take.
LEASE: Final = timedelta(minutes=5)
#: What lies between one try of a message that the server does not take and the next. After the last it is given up.
GAPS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
)
#: A server that cannot be reached counts as no try of anybody's message: they wait, for this long in all.
GIVEN_UP_AFTER: Final = timedelta(days=7)
#: So long it is left alone then.
SERVER_PAUSE: Final = timedelta(minutes=1)

_BATCH: Final = 50

_log = structlog.get_logger(__name__)


def send_due(now: datetime, *, seconds: float = 20.0) -> bool:
    """Send what is due `now`, for so many seconds and up to the end of the message then; True: there is more."""
    _give_up_old(now)
    due = Notice.objects.order_by("email_due_at", "pk").filter(email_due_at__lte=now)
    batch = list(due.values_list("pk", "email_due_at")[: _BATCH + 1])
    if not batch:
        return False
    connection = get_connection()
    if not _is_open(connection):
        Notice.objects.filter(email_due_at__lte=now).update(email_due_at=now + SERVER_PAUSE)
        return False
    closing_at = time.monotonic() + seconds
    try:
        for pk, due_at in batch[:_BATCH]:
            if time.monotonic() >= closing_at:
                return True
            if not _is_open(connection):
                break  # the next look finds out for how long
            notice = _claim(pk, due_at, now)
            if notice is not None and not _send(notice, connection, now):
                _hang_up(connection)  # nobody knows in which state it is
    finally:
        _hang_up(connection)
    return len(batch) > _BATCH


def _give_up_old(now: datetime) -> None:
    old = Notice.objects.filter(email_due_at__lte=now, created_at__lte=now - GIVEN_UP_AFTER)
    count = old.update(email_due_at=None)
    if count:
        _log.warning("notices.given_up", count=count, reason=f"not sent within {GIVEN_UP_AFTER.days} days")


def _is_open(connection: Any) -> bool:
    """Connect and log in, unless that is done. Tells nothing but yes or no: whatever it is, everybody's mail waits."""
    try:
        connection.open()
    except OSError as error:  # those of smtplib too
        _log.warning("mail.unreachable", error=str(error))
        return False
    return True


def _hang_up(connection: Any) -> None:
    with suppress(OSError):  # it is being given up either way
        connection.close()


def _claim(pk: UUID, due_at: datetime | None, now: datetime) -> Notice | None:
    """The notice, if it is ours now and somebody is still to be told: the person is an active member yet."""
    taken = Notice.objects.filter(pk=pk, email_due_at=due_at).update(
        email_due_at=now + LEASE, email_tries=F("email_tries") + 1
    )
    if not taken:
        return None
    notice = Notice.objects.select_related("organization", "user").get(pk=pk)
    if notice.email_tries > len(GAPS) + 1:  # who tried last has died over it
        _finish(notice, {"email_due_at": None})
        _log.warning("notice.given_up", notice=notice.public_id, tries=notice.email_tries - 1)
        return None
    members = Membership.objects.filter(organization=notice.organization, user=notice.user, is_active=True)
    if not notice.user.is_active or not notice.organization.is_active or not members.exists():
        _finish(notice, {"email_due_at": None})
        return None
    return notice


def _send(notice: Notice, connection: Any, now: datetime) -> bool:
    """Send it and note what came of it; False: it was not taken. Whatever happens concerns this message only."""
    try:
        connection.send_messages([_message(notice)])
    except Exception as error:  # noqa: BLE001 - said, tried again, and no other has to wait for it
        tries = notice.email_tries
        wait = GAPS[tries - 1] if tries <= len(GAPS) else None
        _finish(notice, {"email_due_at": now + wait if wait else None})
        told: dict[str, Any] = {"notice": notice.public_id, "tries": tries, "error": str(error)}
        _log.warning("notice.not_sent" if wait else "notice.given_up", **told, exc_info=True)
        return False
    _finish(notice, {"email_due_at": None, "emailed_at": now})
    return True


def _finish(notice: Notice, values: Mapping[str, Any]) -> None:
    """Write it down, unless the lease has run out and the notice is somebody else's."""
    held = Notice.objects.filter(pk=notice.pk, email_due_at=notice.email_due_at)
    if not held.update(**values):
        _log.warning("notice.lease_lost", notice=notice.public_id)


def _message(notice: Notice) -> EmailMessage:
    link = urljoin(f"{settings.PUBLIC_URL}/", reverse("admin:notice", args=[notice.public_id]))
    body = render_to_string(
        "warehouses/notice_email.txt",
        {
            "notice": notice,
            "link": link,
            "reason": reasons.get(notice.kind, "it concerns you"),
            "organization": notice.organization,
        },
    )
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return EmailMessage(
        notice.title,
        body,
        settings.DEFAULT_FROM_EMAIL,
        [notice.user.email],
        headers={"Message-ID": f"<{notice.public_id}@{host}>", "Auto-Submitted": "auto-generated"},
    )
