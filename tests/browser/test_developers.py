"""What an integrator does in the developers' corner, in a browser: a key, the first call, a request, a delivery."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Dialog, Page, expect

from inventory.models import Delivery, DeliveryState, Event, WebhookEndpoint
from inventory.webhooks import courier
from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.effort import Effort, of
from tests.browser.test_back_office import log_in
from tests.inventory.webhooks.receiver import running_receiver
from warehouses.keys import find_key
from warehouses.models import Organization, RequestRecord
from warehouses.request_log import log

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(page: Page, live_server: Any) -> Organization:
    """With a SKU in stock, and Olga, its owner, before the corner."""
    acme = factories.make_organization("Acme")
    sku = factories.make_sku(acme, "MUG-RED", title="Red mug")
    factories.stock(sku, acme.default_warehouse, 20)
    factories.make_person("olga@acme.example", {acme: ["Owner"]})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    log_in(page, live_server.url, "olga@acme.example")
    page.goto(f"{live_server.url}/admin/developers/")
    log.forget()
    return acme


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_i1_the_first_call_is_copied_with_the_key_in_it(
    acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    text = factories.make_key(acme)
    page.get_by_role("button", name="Make key").click()
    made = page.get_by_label("API key").input_value()
    page.get_by_role("button", name="Copy").first.click()
    page.get_by_role("link", name="in the examples").click()

    effort = Effort(page)
    effort.click(page.get_by_role("button", name="Copy What is in stock"))

    expect(page.locator("#call-read-copy")).to_have_text("Copied")
    command = copied(page)
    assert command == (
        f'curl "{live_server.url}/gateway/api/v1/inventory?per_page=5" \\\n  -H "X-API-Key: {made}"'
    )
    answer = Client().get("/gateway/api/v1/inventory?per_page=5", headers={"X-API-Key": made})
    assert answer.json()["data"][0]["sku"] == "MUG-RED"
    assert text not in page.content()  # another key, of which nothing is known any more
    assert effort.acts == of("I1") == 1

    # It is in this tab's examples until it is told to be forgotten, and in no other tab's.
    expect(page.locator("[data-key-filled]")).to_be_visible()
    page.get_by_role("button", name="Forget it").click()
    expect(page.locator("[data-key-filled]")).to_be_hidden()
    assert made not in page.content()


def test_i2_a_key_is_made_and_copied(
    acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    effort = Effort(page)
    effort.click(page.get_by_role("button", name="Make key"))
    effort.click(page.get_by_role("button", name="Copy").first)

    expect(page.locator(".copy-result")).to_have_text("Copied.")
    key = find_key(copied(page))
    assert key is not None
    assert (key.organization, key.scopes) == (acme, ["inventory.read", "products.read"])
    assert effort.acts == of("I2") == 2


def test_who_leaves_without_the_key_is_asked_first(
    acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("button", name="Make key").click()
    made = page.get_by_label("API key").input_value()
    page.get_by_label("API key").click()  # a browser asks nobody who has touched nothing
    page.get_by_role("link", name="in the examples").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.get_by_label("API key").input_value() == made

    page.get_by_role("button", name="Copy").first.click()
    page.get_by_role("link", name="in the examples").click()
    page.wait_for_url("**/admin/developers/")
    assert asked == ["beforeunload"]


def test_a_reference_page_is_tried_with_the_key_just_made(
    acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    page.get_by_role("button", name="Make key").click()
    made = page.get_by_label("API key").input_value()
    page.get_by_role("button", name="Copy").first.click()
    page.get_by_role("link", name="nexus", exact=True).click()
    expect(page.locator("#filled")).to_contain_text(made[:16])

    block = page.locator("#operations-Warehouses-listWarehouses")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    expect(block.locator(".curl-command")).to_contain_text(made)


def test_i4_a_webhook_is_set_up_and_tested(
    acme: Organization, page: Page, live_server: Any, complaints: list[str], settings: Any
) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    with running_receiver() as receiver:
        effort = Effort(page)
        effort.click(page.get_by_role("link", name="Add one"))
        expect(page.get_by_label("URL")).to_be_focused()
        effort.type(receiver.url())
        effort.press("Enter")
        effort.click(page.get_by_role("button", name="Send test event"))

        expect(page.locator("#record")).to_have_attribute("data-state", "Pending")
        courier.run(seconds=1)
        expect(page.locator("#record")).to_have_attribute("data-state", "Delivered")
        assert len(receiver.at()) == 1
    assert WebhookEndpoint.objects.get().event_types == ["inventory.updated", "inventory.low_stock"]
    assert effort.acts == of("I4") == 3


def test_i5_what_did_not_arrive_is_sent_once_more(
    acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    endpoint = WebhookEndpoint.objects.create(
        organization=acme,
        url="https://shop.example/hook",
        description="Shop",
        event_types=["inventory.updated"],
        secret="x",
    )
    event = Event.objects.create(organization=acme, type="inventory.updated", body="{}")
    delivery = Delivery.objects.create(
        organization=acme, endpoint=endpoint, event=event, state=DeliveryState.FAILED
    )
    page.reload()

    effort = Effort(page)
    effort.click(page.get_by_role("link", name="Replay inventory.updated"))
    effort.click(page.get_by_role("button", name="Replay"))

    expect(page.get_by_text("The event is on its way again.")).to_be_visible()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.PENDING
    assert effort.acts == of("I5") == 2


def test_a_request_is_found_by_what_its_answer_said(
    acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    key = factories.make_key(acme)
    answer = Client().post(
        "/gateway/api/v1/inventory/adjust",
        {"sku": "MUG-RED", "adjustment": -200, "reason": "Too many"},
        content_type="application/json",
        headers={"X-API-Key": key},
    )
    problem = answer.json()
    log.flush()
    assert RequestRecord.objects.count() == 1

    page.get_by_label("Request id or problem code").fill(problem["instance"])
    page.keyboard.press("Enter")
    row = page.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(problem["code"])
    row.get_by_role("link", name=re.compile("202")).first.click()
    expect(page.get_by_role("heading", name="What was answered")).to_be_visible()
    expect(page.locator("pre")).to_contain_text(problem["detail"])

    page.get_by_role("link", name="What NEGATIVE_QUANTITY means").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("NEGATIVE_QUANTITY")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_used_by_everybody(
    scheme: Any, acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    page.emulate_media(color_scheme=scheme)
    key = factories.make_key(acme)
    Client().get("/gateway/api/v1/inventory/none", headers={"X-API-Key": key})
    log.flush()
    refused = RequestRecord.objects.get()
    for address in (
        "/admin/developers/",
        "/admin/warehouses/requestrecord/",
        f"/admin/warehouses/requestrecord/{refused.pk}/change/",
        "/developers/",
        "/developers/errors/",
        "/developers/errors/STOCK_UNAVAILABLE/",
        "/developers/guides/reserve-safely/",
        "/developers/guides/webhooks/",
    ):
        page.goto(f"{live_server.url}{address}")
        assert serious_faults(page) == [], address
