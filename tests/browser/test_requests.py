"""A requester with a scanner: the lines are scanned in, submitted, and seen."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Sku
from stock_requests.models import RequestState, StockRequest
from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.test_back_office import log_in
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/stock_requests/stockrequest/add/"


def shop() -> tuple[Organization, Warehouse, Warehouse, Sku, Sku]:
    acme = factories.make_organization("Acme")
    north = factories.make_warehouse(acme, "North")
    clinic = factories.make_warehouse(acme, "Clinic")
    gloves = factories.make_sku(acme, "GLOVES", title="Nitrile gloves", barcodes=["4006381333931"])
    masks = factories.make_sku(acme, "MASKS", title="Surgical masks")
    factories.stock(gloves, north, 20)
    factories.stock(masks, north, 3)
    factories.make_person("rita@acme.example", {acme: [("Warehouse manager", clinic), ("Viewer", north)]})
    return acme, north, clinic, gloves, masks


def scanned(page: Page, code: str) -> None:
    """What a scanner does: it types fast, wherever the focus is, and ends with Enter."""
    page.keyboard.type(code, delay=1)
    page.keyboard.press("Enter")


def test_a_request_is_scanned_in_and_submitted(page: Page, live_server: Any, complaints: list[str]) -> None:
    _acme, _north, _clinic, _gloves, _masks = shop()
    log_in(page, live_server.url, "rita@acme.example")
    page.goto(f"{live_server.url}{ADD}")
    page.get_by_label("From").select_option(label="North")
    page.get_by_label("To", exact=True).select_option(label="Clinic")
    scan = page.get_by_label("Scan or type a code")
    scan.focus()

    # A code and a barcode of one SKU are one line; each scan is one unit more, and the focus stays.
    scanned(page, "masks")
    scanned(page, "4006381333931")
    scanned(page, "4006381333931")
    lines = page.locator("[data-line]")
    expect(lines.nth(0).get_by_label("SKU")).to_have_value("MASKS")
    expect(lines.nth(1).get_by_label("SKU")).to_have_value("GLOVES")
    expect(lines.nth(1).get_by_label("Units")).to_have_value("2")
    expect(lines.nth(1).locator("[data-stock]")).to_have_text("Nitrile gloves: 20 available in North")
    expect(scan).to_be_focused()
    scanned(page, "gloves")
    expect(lines.nth(1).get_by_label("Units")).to_have_value("3")

    # What nothing is called stays as it was scanned, with the error at its line.
    scanned(page, "9999")
    complaints_of_the_look_up(page, complaints)
    expect(lines.nth(2).get_by_label("SKU")).to_have_value("9999")
    expect(lines.nth(2).get_by_text("There is no such SKU.")).to_be_visible()
    lines.nth(2).get_by_label("Remove").check()

    # A scan that hits the units is taken out of them again.
    units = lines.nth(0).get_by_label("Units")
    units.fill("5")
    expect(lines.nth(0).locator("[data-stock]")).to_have_class("request-stock request-stock-short")
    units.focus()
    scanned(page, "4006381333931")
    expect(units).to_have_value("5")
    expect(lines.nth(1).get_by_label("Units")).to_have_value("4")
    expect(scan).to_be_focused()

    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_role("heading", name="SR-00001: North → Clinic")).to_be_visible()
    expect(page.locator(".request-state")).to_contain_text("Submitted")
    made = StockRequest.objects.get()
    assert made.state == RequestState.SUBMITTED
    assert dict(made.lines.values_list("sku__code", "requested")) == {"MASKS": 5, "GLOVES": 4}
    page.goto(f"{live_server.url}/admin/stock_requests/stockrequest/?mine=yes")
    row = page.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("North → Clinic")


def test_a_line_that_is_full_of_scans_grows_and_nothing_is_lost_on_an_error(
    page: Page, live_server: Any, complaints: list[str]
) -> None:
    acme, _north, _clinic, _gloves, _masks = shop()
    for number in range(5):
        factories.make_sku(acme, f"PART-{number}")
    log_in(page, live_server.url, "rita@acme.example")
    page.goto(f"{live_server.url}{ADD}")
    expect(page.get_by_label("Scan or type a code")).to_be_focused()
    for number in range(5):
        scanned(page, f"PART-{number}")
    lines = page.locator("[data-line]")
    expect(lines.nth(4).get_by_label("SKU")).to_have_value("PART-4")
    page.get_by_label("Note to whoever approves").fill("for the ward")
    page.get_by_role("button", name="Submit for approval").click()
    # No source is chosen: the focus goes there, and everything else is as it was.
    expect(page.get_by_text("Choose where the goods come from.")).to_be_visible()
    complaints_of_the_look_up(page, complaints)
    expect(page.get_by_label("From")).to_be_focused()
    for number in range(5):
        expect(lines.nth(number).get_by_label("SKU")).to_have_value(f"PART-{number}")
    expect(page.get_by_label("Note to whoever approves")).to_have_value("for the ward")
    assert not StockRequest.objects.exists()


def complaints_of_the_look_up(page: Page, complaints: list[str]) -> None:
    """The console mentions answers of 4xx, which are meant here."""
    page.wait_for_timeout(300)
    complaints[:] = [words for words in complaints if "the server responded with a status of 4" not in words]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_are_accessible(
    page: Page, live_server: Any, complaints: list[str], theme: Literal["light", "dark"]
) -> None:
    _acme, north, clinic, gloves, masks = shop()
    found = factories.submitted_request(north, clinic, [(gloves, 2), (masks, 9)])
    page.emulate_media(color_scheme=theme)
    log_in(page, live_server.url, "rita@acme.example")
    own = f"/admin/stock_requests/stockrequest/{found.pk}/"
    for address in ("/admin/stock_requests/stockrequest/", ADD, f"{own}change/", f"{own}edit/"):
        page.goto(f"{live_server.url}{address}")
        assert serious_faults(page) == []
