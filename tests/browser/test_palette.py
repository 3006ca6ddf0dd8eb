"""Finding things from anywhere: with a scanner, with the keyboard, with a thumb; and the keys that all pages know."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from inventory.models import Sku
from stock_requests.models import RequestState, StockRequest
from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.effort import Effort, of
from tests.browser.test_back_office import log_in
from warehouses.access import access_of_user
from warehouses.models import Organization, RequestRecord, User

pytestmark = pytest.mark.django_db(transaction=True)

BARCODE = "4006381333931"


@pytest.fixture
def acme() -> Organization:
    return factories.make_organization("Acme")


@pytest.fixture
def mug(acme: Organization) -> Sku:
    north = factories.make_warehouse(acme, "North")
    sku = factories.make_sku(acme, "MUG-RED", title="Red mug", barcodes=[BARCODE])
    factories.stock(sku, north, 20, bin=factories.make_bin(north, "A-01-1"))
    factories.make_sku(acme, "MUG-BLUE", title="Blue mug")
    factories.make_person("alice@acme.example", {acme: ["Owner"]})
    return sku


def at(page: Page, live_server: Any, path: str) -> None:
    if "/admin/" not in page.url:
        log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}{path}")


def address_of(live_server: Any, sku: Sku) -> str:
    return f"{live_server.url}{reverse('admin:inventory_sku_page', args=[sku.public_id])}"


def test_a_scan_opens_what_it_is_on_any_page(
    page: Page, live_server: Any, complaints: list[str], mug: Sku
) -> None:
    """M2 with a scanner: nothing is pressed, whatever page one is on."""
    for path in ("/admin/", "/admin/inventory/movement/", "/admin/warehouses/bin/"):
        at(page, live_server, path)
        effort = Effort(page)
        effort.scan(BARCODE)
        page.wait_for_url(address_of(live_server, mug))
        assert effort.acts == of("M2 scan") == 0
    # A code of letters too, though g and t are keys; with Tab at its end, as some scanners send.
    at(page, live_server, "/admin/")
    Effort(page).scan("mug-red", end="Tab")
    page.wait_for_url(address_of(live_server, mug))


def test_a_barcode_that_is_typed_opens_without_enter(
    page: Page, live_server: Any, complaints: list[str], mug: Sku
) -> None:
    """M2 without a scanner."""
    at(page, live_server, "/admin/inventory/movement/")
    effort = Effort(page)
    effort.press("Control+k")
    expect(page.locator("#palette-term")).to_be_focused()
    effort.type(BARCODE)
    page.wait_for_url(address_of(live_server, mug))
    assert effort.acts == of("M2") == 1


def test_a_request_id_that_is_pasted_opens_what_was_answered(
    page: Page, live_server: Any, complaints: list[str], acme: Organization, mug: Sku
) -> None:
    """I6, from whatever page one reads the log on."""
    record = RequestRecord.objects.create(
        organization=acme,
        request_id="01a2015b32bc7270a0c663fc53c8fef2",
        started_at=timezone.now(),
        milliseconds=12,
        method="GET",
        path="/api/v1/inventory/MUG",
        status=404,
        actor_type="key",
        actor_name="Web shop",
    )
    at(page, live_server, "/admin/inventory/movement/")
    effort = Effort(page)
    effort.press("Control+k")
    expect(page.locator("#palette-term")).to_be_focused()
    effort.paste(record.request_id)
    page.wait_for_url(f"**/admin/warehouses/requestrecord/{record.pk}/change/")
    assert effort.acts == of("I6") == 1


def test_rows_are_walked_with_the_keyboard_and_enter_does_not_wait(
    page: Page, live_server: Any, complaints: list[str], mug: Sku
) -> None:
    at(page, live_server, "/admin/")
    page.keyboard.press("Control+k")
    page.keyboard.type("mug")
    options = page.get_by_role("option")
    expect(options.nth(0)).to_have_accessible_name("MUG-BLUE Blue mug 0 on hand 0 available SKU")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#palette-term")).to_have_attribute("aria-activedescendant", "palette-row-2")
    page.keyboard.press("Enter")
    page.wait_for_url(address_of(live_server, mug))

    # Faster than the answer: Enter opens the first as soon as it is there.
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-term")).to_be_focused()
    page.keyboard.type("MUG-BLUE")
    page.keyboard.press("Enter")
    page.wait_for_url(address_of(live_server, Sku.objects.get(code="MUG-BLUE")))

    # Escape empties, and closes.
    page.keyboard.press("Control+k")
    page.keyboard.type("mug")
    page.keyboard.press("Escape")
    expect(page.locator("#palette-term")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_a_barcode_that_nobody_knows_is_assigned(
    page: Page, live_server: Any, complaints: list[str], mug: Sku
) -> None:
    at(page, live_server, "/admin/")
    Effort(page).scan("5012345678900")
    expect(page.locator("#palette .palette-none")).to_have_text("No SKU, bin or request has “5012345678900”.")
    page.get_by_role("option", name="Assign this barcode").click()
    expect(page.get_by_label("SKU code")).to_be_focused()
    page.keyboard.type("mug-red")
    page.keyboard.press("Enter")
    page.wait_for_url(address_of(live_server, mug))
    at(page, live_server, "/admin/")
    Effort(page).scan("5012345678900")
    page.wait_for_url(address_of(live_server, mug))


def test_a_scan_into_a_field_stays_in_it(
    page: Page, live_server: Any, complaints: list[str], mug: Sku
) -> None:
    at(page, live_server, "/admin/inventory/stocklevel/")
    field = page.locator("#searchbar")
    field.focus()
    page.keyboard.type(BARCODE)
    expect(field).to_have_value(BARCODE)
    assert "stocklevel" in page.url


def test_a_page_may_take_scans_itself(page: Page, live_server: Any, complaints: list[str], mug: Sku) -> None:
    at(page, live_server, "/admin/")
    page.evaluate(
        """() => document.addEventListener("scan", (event) => {
            event.preventDefault();
            document.title = event.detail.code;
        })"""
    )
    Effort(page).scan(BARCODE)
    expect(page).to_have_title(BARCODE)
    expect(page.locator("#palette")).to_be_hidden()


def test_no_letter_of_a_scan_is_taken_for_a_key(
    page: Page, live_server: Any, complaints: list[str], acme: Organization, mug: Sku
) -> None:
    """On the approvals page `a` approves; a label that begins with it must not."""
    warehouse = acme.default_warehouse
    assert warehouse is not None
    factories.stock(mug, warehouse, 50)
    other = factories.make_warehouse(acme, "Shop")
    factories.make_person("ask@acme.example", {acme: ["Warehouse manager"]})
    request = factories.submitted_request(
        warehouse, other, [(mug, 2)], access=_access("ask@acme.example", acme)
    )
    factories.make_bin(warehouse, "AAA-01")
    at(page, live_server, "/admin/stock_requests/stockrequest/approvals/")
    expect(page.locator("#detail-title")).to_have_text(request.name)
    page.wait_for_timeout(1100)  # the page takes no key in its first second
    Effort(page).scan("aaa-01")
    page.wait_for_url("**/admin/warehouses/bin/*/change/")
    assert StockRequest.objects.get().state == RequestState.SUBMITTED

    # The same key from a person does.
    page.go_back()
    expect(page.locator("#detail-title")).to_have_text(request.name)
    page.wait_for_timeout(1100)
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Queue clear")).to_be_visible()
    assert StockRequest.objects.get().state == RequestState.APPROVED


def _access(email: str, organization: Organization) -> Any:
    return access_of_user(User.objects.get(email=email), organization)


def test_keys_lead_everywhere_and_are_listed_and_switched_off(
    page: Page, live_server: Any, complaints: list[str], mug: Sku
) -> None:
    at(page, live_server, "/admin/inventory/stocklevel/")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/admin/inventory/movement/")
    page.keyboard.press("/")
    expect(page.locator("#searchbar")).to_be_focused()
    page.keyboard.press("?")  # typed, not a key
    expect(page.locator("#searchbar")).to_have_value("?")
    expect(page.locator("#all-keys")).to_be_hidden()

    page.locator("#searchbar").blur()
    page.keyboard.press("?")
    keys = page.locator("#all-keys")
    expect(keys).to_be_visible()
    expect(keys.get_by_role("link", name="Movements")).to_be_visible()
    with page.expect_response("**/admin/keys/"):
        keys.get_by_label("Use single keys on all pages").uncheck()
    keys.get_by_role("button", name="Close").click()

    # Off: here, on the next page, and after logging in again; what has a modifier and the scanner go on working.
    for _page in range(2):
        page.keyboard.press("?")
        page.keyboard.press("/")
        page.wait_for_timeout(200)
        expect(keys).to_be_hidden()
        expect(page.locator("#searchbar")).not_to_be_focused()
        page.reload()
    page.context.clear_cookies()
    at(page, live_server, "/admin/inventory/movement/")
    if page.locator("input[name=password]").count():
        log_in(page, live_server.url, "alice@acme.example")
        page.goto(f"{live_server.url}/admin/inventory/movement/")
    page.keyboard.press("?")
    page.wait_for_timeout(200)
    expect(page.locator("#all-keys")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    Effort(page).scan(BARCODE)
    page.wait_for_url(address_of(live_server, mug))


def test_pages_with_keys_of_their_own_list_these_too(
    page: Page, live_server: Any, complaints: list[str], mug: Sku
) -> None:
    at(page, live_server, "/admin/stock_requests/stockrequest/approvals/")
    page.keyboard.press("?")
    own = page.locator("#keys-help")
    expect(own).to_be_visible()
    expect(own.get_by_role("link", name="Movements")).to_be_visible()
    expect(page.locator("#all-keys")).to_be_hidden()


def test_an_answer_that_does_not_come_is_said(
    page: Page, live_server: Any, complaints: list[str], mug: Sku
) -> None:
    at(page, live_server, "/admin/")
    page.keyboard.press("Control+k")
    page.route("**/admin/search/**", lambda route: route.abort())
    page.keyboard.type("mug")
    expect(page.get_by_role("alert")).to_contain_text("No answer came.")
    complaints.clear()  # the browser tells of the failed request too


def test_palette_and_lists_are_accessible_in_both_themes_and_on_a_phone(
    page: Page, live_server: Any, complaints: list[str], mug: Sku
) -> None:
    at(page, live_server, "/admin/")
    for theme in ("light", "dark"):
        page.evaluate("(theme) => localStorage.setItem('_x_adminTheme', JSON.stringify(theme))", theme)
        for path in ("/admin/people/", "/admin/keys/", "/admin/search/?s=mug", "/admin/demo/", "/admin/"):
            at(page, live_server, path)
            assert serious_faults(page) == [], (theme, path)
        page.keyboard.press("Control+k")
        page.keyboard.type("mug")
        expect(page.get_by_role("option").first).to_be_visible()
        assert serious_faults(page) == [], theme
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    at(page, live_server, "/admin/people/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_a_script_a_form_finds_it(browser: Browser, live_server: Any, mug: Sku) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}/admin/search/")
    page.locator("main input[name=s]").fill("MUG-RED")
    page.locator("main button[type=submit]").click()
    assert page.url == address_of(live_server, mug)
    context.close()
