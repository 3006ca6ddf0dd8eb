"""The back office in a real browser, under its real policy: log in, choose, correct a quantity, undo it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inventory.models import StockLevel
from inventory.verification import verify
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/admin/")
    page.locator("input[name=username]").fill(email)
    page.locator("input[name=password]").fill("correct horse battery")
    page.locator("button[type=submit]").first.click()
    # The click is over before the answer is there: whoever goes on at once takes the key or the next page to the form.
    page.wait_for_url(lambda url: "/login/" not in url)


def test_a_quantity_is_corrected_and_the_correction_undone(
    page: Page, live_server: Any, complaints: list[str]
) -> None:
    acme = factories.make_organization("Acme")
    north = factories.make_warehouse(acme, "North")
    sku = factories.make_sku(acme, "MUG-RED", title="Red mug", barcodes=["4006381333931"])
    factories.stock(sku, north, 20)
    factories.make_person("alice@acme.example", {acme: ["Warehouse manager"]})
    log_in(page, live_server.url, "alice@acme.example")

    # A scanned barcode finds its SKU on the list of stock levels.
    page.goto(f"{live_server.url}/admin/inventory/stocklevel/")
    page.locator("input[name=q]").fill("4006381333931")
    page.keyboard.press("Enter")
    row = page.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    row.get_by_role("link", name="MUG-RED", exact=True).click()

    page.get_by_role("link", name="Correct").click()
    page.get_by_label("Units").fill("17")
    expect(page.locator("[data-preview]")).to_have_text("20 → 17 (−3)")
    page.get_by_text("Adjust by").click()
    expect(page.locator("[data-preview]")).to_have_text("20 → 37 (+17)")
    page.get_by_text("Set to").click()
    page.get_by_label("Reason").select_option(label="Cycle count (cycle_count)")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("MUG-RED in North: 20 → 17")).to_be_visible()
    assert StockLevel.objects.get(sku=sku).on_hand == 17

    page.goto(f"{live_server.url}/admin/inventory/adjustment/")
    page.locator("#result_list tbody tr").first.locator("a[href*='/change/']").first.click()
    page.locator("a[href$='/reverse/']").click()
    page.get_by_role("button", name="Reverse adjustment").click()
    expect(page.get_by_text("is reversed")).to_be_visible()
    assert StockLevel.objects.get(sku=sku).on_hand == 20
    assert list(verify()) == []


def test_a_person_of_two_organizations_chooses_and_switches(
    page: Page, live_server: Any, complaints: list[str]
) -> None:
    acme, bolt = factories.make_organization("Acme"), factories.make_organization("Bolt")
    for organization, code in ((acme, "ACME-1"), (bolt, "BOLT-1")):
        sku = factories.make_sku(organization, code)
        factories.stock(sku, organization.warehouses.get(), 1)
    factories.make_person("dana@example.com", {acme: ["Viewer"], bolt: ["Viewer"]})
    log_in(page, live_server.url, "dana@example.com")

    page.get_by_role("button", name="Acme").click()
    page.goto(f"{live_server.url}/admin/inventory/stocklevel/")
    expect(page.get_by_text("ACME-1").first).to_be_visible()
    expect(page.get_by_text("BOLT-1")).to_have_count(0)

    page.goto(f"{live_server.url}/organization/")
    page.get_by_role("button", name="Bolt").click()
    page.goto(f"{live_server.url}/admin/inventory/stocklevel/")
    expect(page.get_by_text("BOLT-1").first).to_be_visible()
    expect(page.get_by_text("ACME-1")).to_have_count(0)
