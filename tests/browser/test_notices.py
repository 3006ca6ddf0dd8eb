"""The bell and the page behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.test_back_office import log_in
from warehouses.models import Notice, Organization, User
from warehouses.notices import Message, notify

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice(transactional_db: None) -> User:
    """A member of Acme who was told three things."""
    acme = factories.make_organization("Acme")
    person = factories.make_person("alice@acme.example", {acme: ["Owner"]})
    for number in (1, 2, 3):
        _tell(acme, person, number)
    return person


def _tell(organization: Organization, person: User, number: int) -> None:
    message = Message(
        "test.kind",
        f"SR-{number:05} waits for your decision",
        "Central → Clinic: 2 lines",
        "/admin/warehouses/warehouse/",
    )
    at = datetime.now(UTC) - timedelta(hours=10 - number)
    with transaction.atomic():
        notify(organization=organization, users=[person], message=message, at=at, by_email=False, doer=None)


def _read(page: Page, address: str) -> None:
    log_in(page, address, "alice@acme.example")
    bell = page.get_by_role("navigation", name="Notices").get_by_role("link")
    expect(bell).to_contain_text("3")
    bell.click()
    rows = page.locator(".notice-list li")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("SR-00003 waits for your decision")

    rows.first.get_by_role("link").click()
    expect(page).to_have_url(f"{address}/admin/warehouses/warehouse/")
    expect(bell).to_contain_text("2")

    bell.click()
    expect(page.get_by_text("2 not read", exact=True)).to_be_visible()
    page.get_by_role("button", name="Mark all read").click()
    expect(page.get_by_text("2 notices marked as read.")).to_be_visible()
    expect(page.locator(".bell-count")).to_have_count(0)
    expect(page.get_by_role("button", name="Mark all read")).to_have_count(0)
    assert not Notice.objects.filter(read_at__isnull=True).exists()


def test_notices_are_read(page: Page, live_server: Any, complaints: list[str], alice: User) -> None:
    _read(page, live_server.url)


def test_everybody_can_read_them(page: Page, live_server: Any, complaints: list[str], alice: User) -> None:
    log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}/admin/notices/")
    assert serious_faults(page) == []
    assert serious_faults(page, ".bell") == []
