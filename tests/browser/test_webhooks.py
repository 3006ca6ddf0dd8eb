"""A webhook is set up in a browser: made, its secret seen once, tested, and what came back seen as it comes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Delivery, DeliveryState, WebhookEndpoint
from inventory.webhooks import courier
from tests import factories
from tests.browser.test_back_office import log_in
from tests.inventory.webhooks.receiver import Behaviour, running_receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _this_machine_may_be_called(settings: Any) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]


def test_a_webhook_is_made_tested_and_looked_into(
    page: Page, live_server: Any, complaints: list[str]
) -> None:
    acme = factories.make_organization("Acme")
    factories.make_person("olga@acme.example", {acme: ["Owner"]})
    log_in(page, live_server.url, "olga@acme.example")
    with running_receiver() as receiver:
        receiver.will(Behaviour(status=503, body=b"<b>down</b>"), Behaviour(body=b"got it"))
        page.locator(".overview-card", has_text="Webhooks").click()
        page.get_by_role("link", name="Add webhook endpoint").click()
        page.get_by_label("URL").fill(receiver.url())
        page.get_by_label("Description").fill("Shop")
        page.get_by_text("inventory.low_stock").click()
        page.get_by_role("button", name="Save").click()

        secret = page.get_by_label("Signing secret").input_value()
        assert re.fullmatch(r"whsec_[\w+/]{43}=", secret)
        page.get_by_role("button", name="Send test event").click()

        # The delivery's page is already there, and shows what comes back without being reloaded.
        record = page.locator("#record")
        expect(record).to_have_attribute("data-state", "Pending")
        courier.run(seconds=1)
        expect(record).to_have_attribute("data-state", "Failed")
        expect(page.locator("[data-refresh-told]")).to_have_text("Failed")
        expect(record.get_by_text("503 Service Unavailable").first).to_be_visible()
        expect(record.locator("pre", has_text="<b>down</b>")).to_be_visible()
        record.get_by_text("What was signed").click()
        expect(record.get_by_label("Signed text")).to_contain_text('.{"type":"webhook.test"')

        page.get_by_role("link", name="Replay").click()
        page.get_by_role("button", name="Replay").click()
        expect(record).to_have_attribute("data-state", "Pending")
        courier.run(seconds=1)
        expect(record).to_have_attribute("data-state", "Delivered")
        assert len(receiver.at()) == 2
    assert Delivery.objects.get().state == DeliveryState.DELIVERED

    # Nowhere again: neither on the way back nor on the webhook's own page.
    page.goto(f"{live_server.url}/admin/inventory/webhookendpoint/")
    expect(page.get_by_text("1 of 1 got through")).to_be_visible()
    page.locator("#result_list").get_by_role("link", name="Shop").first.click()
    expect(page.get_by_label("URL")).to_be_visible()
    assert secret not in page.content()


def test_the_menu_of_a_row_opens_from_the_keyboard(
    page: Page, live_server: Any, complaints: list[str]
) -> None:
    acme = factories.make_organization("Acme")
    factories.make_person("olga@acme.example", {acme: ["Owner"]})
    endpoint = WebhookEndpoint.objects.create(
        organization=acme,
        description="Shop",
        url="https://shop.example/hook",
        event_types=["inventory.updated"],
    )
    log_in(page, live_server.url, "olga@acme.example")
    page.goto(f"{live_server.url}/admin/inventory/webhookendpoint/")
    menu = page.get_by_role("button", name="More actions")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Send test event")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Pause this webhook?")).to_be_visible()
    page.get_by_role("button", name="Pause webhook").press("Enter")
    expect(page.get_by_text("Shop is paused.")).to_be_visible()
    page.wait_for_load_state("networkidle")  # what it still asks for would find the database being emptied
    endpoint.refresh_from_db()
    assert endpoint.state == "paused"
