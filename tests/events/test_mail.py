"""The e-mail of notices, with the product's own processes and a mail server that listens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tests import factories
from tests.events.brokers import Broker
from tests.events.installation import Installation
from tests.events.mailbox import Mailbox
from tests.events.waiting import wait_for
from warehouses.models import Notice, Organization
from warehouses.notice_mail import LEASE
from warehouses.notices import Message, notify


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    server = Mailbox()
    yield server
    server.close()


def _tell(shop: Organization, *names: str) -> None:
    people = [factories.make_person(f"{name}@x.example", {shop: ["Viewer"]}) for name in names]
    message = Message("test.kind", "SR-00001 waits", "North → South", "/admin/")
    with transaction.atomic():
        notify(organization=shop, users=people, message=message, at=timezone.now(), by_email=True, doer=None)


def _all_sent() -> bool:
    return not Notice.objects.filter(emailed_at__isnull=True).exists()


def test_nobody_has_to_wake_the_worker(
    installation: Installation, shop: Organization, mailbox: Mailbox
) -> None:
    installation.variables["EMAIL_URL"] = mailbox.url
    _tell(shop, "ann", "bea")
    installation.start("worker", "beat")
    wait_for(_all_sent, "the sweeper has found it")
    assert sorted(mail["To"] for mail in mailbox.received) == ["ann@x.example", "bea@x.example"]


def test_killed_while_it_sends(
    installation: Installation, broker: Broker, shop: Organization, mailbox: Mailbox
) -> None:
    """It comes after the lease. The server may have the message already: then it is the same, by its Message-ID."""
    installation.variables["EMAIL_URL"] = mailbox.url
    _tell(shop, "ann", "bea")
    mailbox.hangs = True
    worker = installation.start("worker")
    broker.send("warehouses.send_notices")
    wait_for(lambda: len(mailbox.received) == 1, "the worker waits for the answer")
    worker.kill()
    mailbox.hangs = False
    assert Notice.objects.filter(emailed_at__isnull=False).count() == 0

    # Nobody else takes what a killed worker had taken, before its time is over.
    worker = installation.start("worker")
    broker.send("warehouses.send_notices")
    installation.let_worker_finish(worker)
    interrupted = mailbox.received[0]["To"]
    assert [notice.user.email for notice in Notice.objects.filter(emailed_at__isnull=True)] == [interrupted]

    waiting = Notice.objects.filter(emailed_at__isnull=True)
    waiting.update(email_due_at=F("email_due_at") - LEASE - timedelta(seconds=1))
    broker.send("warehouses.send_notices")
    wait_for(_all_sent, "it is sent")
    first, other, again = mailbox.received
    assert (again["To"], again["Message-ID"]) == (interrupted, first["Message-ID"])
    assert other["To"] != interrupted
