"""Correcting a quantity over any page: two acts and the number, told, undone with one key, and never twice."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Movement, StockItem, StockLevel
from inventory.verification import verify
from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.effort import Effort, of
from tests.browser.test_back_office import log_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stock(page: Page, live_server: Any) -> StockLevel:
    acme = factories.make_organization("Acme")
    north = factories.make_warehouse(acme, "North")
    for number in range(1, 4):
        sku = factories.make_sku(acme, f"LAMP-0{number}", title=f"Lamp {number}")
        factories.stock(sku, north, 37)
    factories.make_person("alice@acme.example", {acme: ["Warehouse manager"]})
    log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}/admin/inventory/stocklevel/")
    return StockLevel.objects.get(sku__code="LAMP-02")


def on_hand(level: StockLevel) -> int:
    level.refresh_from_db()
    return level.on_hand


def row(page: Page, code: str = "LAMP-02") -> Any:
    return page.locator("#result_list tr", has_text=code)


def test_two_acts_and_the_number(page: Page, stock: StockLevel, complaints: list[str]) -> None:
    effort = Effort(page)
    effort.click(row(page).get_by_role("link", name="Correct LAMP-02"))
    dialog = page.get_by_role("dialog", name="Correct LAMP-02")
    expect(dialog.get_by_label("Units")).to_be_focused()
    effort.type("35")
    expect(dialog.locator("[data-preview]")).to_have_text("37 → 35 (−2)")
    effort.press("Enter")
    told = page.get_by_role("status").filter(has_text="LAMP-02 in North: 37 → 35.")
    expect(told).to_be_visible()
    expect(dialog).to_have_count(0)
    expect(row(page).locator(".field-on_hand")).to_have_text("35")
    assert on_hand(stock) == 35
    assert effort.acts == of("M3") == 2

    # One key takes it back, and the list says so; both stay on record.
    page.keyboard.press("z")
    expect(page.get_by_role("status").filter(has_text="Undone: 35 → 37.")).to_be_visible()
    expect(row(page).locator(".field-on_hand")).to_have_text("37")
    assert on_hand(stock) == 37
    assert Movement.objects.filter(level=stock).count() == 3
    assert list(verify()) == []


def test_by_keyboard_alone(page: Page, stock: StockLevel, complaints: list[str]) -> None:
    link = row(page).get_by_role("link", name="Correct LAMP-02")
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Units")).to_be_focused()
    # Escape changes nothing and leads back to where one was.
    page.keyboard.type("1")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()
    assert on_hand(stock) == 37
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Units")).to_be_focused()
    # A sign says that it is a change; the reason and the note are one Tab away each.
    page.keyboard.type("+4")
    expect(dialog.get_by_label("Adjust by")).to_be_checked()
    expect(dialog.locator("[data-preview]")).to_have_text("37 → 41 (+4)")
    page.keyboard.press("Tab")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Behind the shelf")
    page.keyboard.press("Enter")
    expect(row(page).locator(".field-on_hand")).to_have_text("41")
    expect(row(page).get_by_role("link", name="Correct LAMP-02")).to_be_focused()
    assert Movement.objects.latest("recorded_at").note == "Behind the shelf"


def test_what_is_wrong_stays_in_the_dialog(page: Page, stock: StockLevel) -> None:
    row(page).get_by_role("link", name="Correct LAMP-02").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill("Kept")
    dialog.get_by_label("Units").fill("many")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Enter a whole number.")
    expect(dialog.get_by_label("Note")).to_have_value("Kept")
    expect(dialog.get_by_label("Units")).to_be_focused()
    assert serious_faults(page, "dialog") == []
    page.keyboard.type("36")
    page.keyboard.press("Enter")
    expect(row(page).locator(".field-on_hand")).to_have_text("36")


def test_somebody_was_first(page: Page, stock: StockLevel) -> None:
    row(page).get_by_role("link", name="Correct LAMP-02").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Units")).to_be_focused()
    factories.stock(stock.sku, stock.warehouse, -6)
    page.keyboard.type("35")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("you saw 37, it is now 31. You typed 35.")
    expect(dialog.get_by_text("Use 31", exact=True)).to_be_focused()
    assert serious_faults(page, "dialog") == []
    dialog.get_by_role("button", name="Keep 35 (adjust by +4)").click()
    expect(row(page).locator(".field-on_hand")).to_have_text("35")
    assert on_hand(stock) == 35


def test_fewer_than_are_promised_is_warned_of_before_and_asked_about(page: Page, stock: StockLevel) -> None:
    factories.reserve(stock.sku, stock.warehouse, 12)
    row(page).get_by_role("link", name="Correct LAMP-02").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Units")).to_be_focused()
    page.keyboard.type("10")
    expect(dialog.get_by_text("12 are reserved or held; the lowest that covers them is 12.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Save 10 anyway")).to_be_focused()
    page.keyboard.press("Enter")  # a bounce of the first one
    assert on_hand(stock) == 37
    page.wait_for_timeout(1000)
    page.keyboard.press("Enter")
    expect(row(page).locator(".field-on_hand")).to_have_text("10")


def test_a_second_press_sends_nothing(page: Page, stock: StockLevel, complaints: list[str]) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    row(page).get_by_role("link", name="Correct LAMP-02").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Adjust by").click()
    dialog.get_by_label("Units").fill("-1")
    dialog.get_by_role("button", name="Save").dblclick()
    expect(row(page).locator(".field-on_hand")).to_have_text("36")
    assert len(sent) == 1
    assert on_hand(stock) == 36


def test_of_one_item_and_where_scripts_do_not_run(
    page: Page, stock: StockLevel, live_server: Any, browser: Any, complaints: list[str]
) -> None:
    item = StockItem.objects.get(level=stock)
    page.goto(f"{live_server.url}/admin/inventory/stockitem/{item.pk}/change/")
    page.get_by_role("link", name="Correct").click()
    expect(page.get_by_role("dialog").get_by_text("North, bin MAIN")).to_be_visible()
    state = page.context.storage_state()
    plain = browser.new_context(storage_state=state, java_script_enabled=False)
    bare = plain.new_page()
    bare.goto(f"{live_server.url}/admin/inventory/stocklevel/?q=LAMP-02")
    bare.get_by_role("link", name="Correct LAMP-02").click()
    bare.get_by_label("Units").fill("30")
    bare.keyboard.press("Enter")
    expect(bare).to_have_url(re.compile(r"/stocklevel/\?q=LAMP-02$"))
    expect(bare.get_by_text("LAMP-02 in North: 37 → 30.")).to_be_visible()
    plain.close()
    assert on_hand(stock) == 30


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_is_wrong_for_axe(
    page: Page, stock: StockLevel, live_server: Any, theme: str
) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.reload()
    row(page).get_by_role("link", name="Correct LAMP-02").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Only one bin or lot").click()
    assert serious_faults(page, "dialog") == []
    page.goto(f"{live_server.url}/admin/inventory/stocklevel/{stock.pk}/correct/")
    assert serious_faults(page) == []
