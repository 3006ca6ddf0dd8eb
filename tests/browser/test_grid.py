"""Lines like in a sheet: pasted, scanned, typed with the keys of a sheet, and mended in their cells."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from inventory.models import Movement, StockItem, Transfer
from inventory.verification import verify
from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.effort import Effort, of
from tests.browser.test_back_office import log_in
from warehouses.models import Warehouse

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def north(page: Page, live_server: Any) -> Warehouse:
    acme = factories.make_organization("Acme")
    north = factories.make_warehouse(acme, "North")
    for number in range(1, 6):
        factories.make_bin(north, f"A-0{number}")
        sku = factories.make_sku(acme, f"LAMP-0{number}", barcodes=[f"400638133390{number}"])
        factories.stock(sku, north, 40)
    factories.make_person("alice@acme.example", {acme: ["Warehouse manager"]})
    log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}/admin/inventory/transfer/")
    return north


def cell(page: Page, row: int, name: str) -> Locator:
    return page.locator(f"[name=lines-{row - 1}-{name}]")


def column(page: Page, name: str, rows: int) -> list[str]:
    return [cell(page, row, name).input_value() for row in range(1, rows + 1)]


def open_transfer(page: Page, live_server: Any, north: Warehouse) -> None:
    page.goto(f"{live_server.url}/admin/inventory/transfer/add/?source={north.pk}&destination={north.pk}")


def test_rows_of_a_sheet_are_moved(
    page: Page, live_server: Any, north: Warehouse, complaints: list[str]
) -> None:
    effort = Effort(page)
    effort.click(page.locator("a[href$='/transfer/add/']").first)
    # What has to be said anyway: between which locations, and the rows.
    page.locator("[name=source]").select_option(label="North")
    page.locator("[name=destination]").select_option(label="North")
    cell(page, 1, "sku").focus()
    sheet = "Code\tQty\tFrom\tTo\n" + "\n".join(
        f"LAMP-0{number}\t{number}.0\tMAIN\tA-0{number}" for number in range(1, 6)
    )
    effort.paste(sheet)
    expect(page.locator("[data-grid-told]")).to_have_text("5 rows pasted. 5 lines, 15 units.")
    assert column(page, "sku", 5) == [f"LAMP-0{number}" for number in range(1, 6)]
    assert column(page, "quantity", 5) == ["1", "2", "3", "4", "5"]
    assert column(page, "to_bin", 5) == [f"A-0{number}" for number in range(1, 6)]
    effort.press("Control+Enter")
    expect(page.get_by_text("is drafted")).to_be_visible()
    assert Transfer.objects.get().lines.count() == 5
    assert effort.acts == of("M6") == 2


def test_by_keyboard_alone(page: Page, live_server: Any, north: Warehouse, complaints: list[str]) -> None:
    open_transfer(page, live_server, north)
    expect(cell(page, 1, "sku")).to_be_focused()
    for code, quantity in (("LAMP-01", "3"), ("LAMP-02", "4")):
        page.keyboard.type(code, delay=60)
        page.keyboard.press("Enter")  # after a code comes its number
        page.keyboard.type(quantity)
        page.keyboard.press("Enter")  # and then the next line
    expect(cell(page, 3, "sku")).to_be_focused()
    assert column(page, "quantity", 2) == ["3", "4"]
    # A value is filled down to the last line; what stands there stays.
    cell(page, 1, "from_bin").focus()
    page.keyboard.type("MAIN")
    page.keyboard.press("Control+ArrowDown")
    assert column(page, "from_bin", 3) == ["MAIN", "MAIN", ""]
    page.keyboard.press("Tab")
    page.keyboard.type("A-01")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("A-02")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+ArrowDown")
    assert column(page, "to_bin", 2) == ["A-01", "A-02"]
    page.get_by_role("button", name="Move now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("the goods are where they belong")).to_be_visible()
    found = StockItem.objects.filter(bin__code__startswith="A-").values_list("bin__code", "on_hand")
    assert dict(found) == {"A-01": 3, "A-02": 4}
    assert list(verify()) == []


def test_scans_append_and_add_up(
    page: Page, live_server: Any, north: Warehouse, complaints: list[str]
) -> None:
    open_transfer(page, live_server, north)
    effort = Effort(page)
    effort.scan("4006381333901")
    effort.scan("4006381333902")
    effort.scan("4006381333901")
    # A scan that comes while a number is typed is no number.
    cell(page, 2, "quantity").fill("7")
    effort.scan("4006381333903")
    # And one that comes while nothing has the focus is a line all the same.
    page.evaluate("document.activeElement.blur()")
    effort.scan("4006381333904")
    assert column(page, "sku", 4) == [f"400638133390{number}" for number in range(1, 5)]
    assert column(page, "quantity", 5) == ["2", "7", "1", "1", ""]
    assert page.url.endswith(f"destination={north.pk}")
    assert effort.acts == 0


def test_what_is_wrong_is_said_in_its_cell_and_the_rest_stays(
    page: Page, live_server: Any, north: Warehouse
) -> None:
    open_transfer(page, live_server, north)
    effort = Effort(page)
    effort.paste("LAMP-01\tMAIN\tA-01\t2\nLAMP-99\tMAIN\tA-02\t3\nLAMP-03\tMAIN\tZ-9\t4")
    effort.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("There is a problem in 2 cells.")
    expect(cell(page, 2, "sku")).to_be_focused()
    assert column(page, "sku", 3) == ["LAMP-01", "LAMP-99", "LAMP-03"]
    assert serious_faults(page) == []
    page.get_by_role("link", name="Line 3: North has no such bin.").click()
    expect(cell(page, 3, "to_bin")).to_be_focused()
    cell(page, 3, "to_bin").fill("A-03")
    expect(page.locator("#id_lines-2-to_bin_error")).to_have_count(0)
    cell(page, 2, "sku").fill("LAMP-02")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("is drafted")).to_be_visible()
    assert Transfer.objects.get().lines.count() == 3


def test_a_line_is_cleared_and_a_long_sheet_finds_room(
    page: Page, live_server: Any, north: Warehouse, complaints: list[str]
) -> None:
    open_transfer(page, live_server, north)
    Effort(page).paste("\n".join(f"LAMP-0{1 + number % 5}\tMAIN\t\t1" for number in range(60)))
    expect(page.locator("[data-grid-told]")).to_have_text("60 rows pasted. 60 lines, 60 units.")
    page.get_by_role("button", name="Clear line 2", exact=True).click()
    assert cell(page, 2, "sku").input_value() == ""
    expect(page.locator("[data-grid-told]")).to_have_text("Line cleared. 59 lines, 59 units.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("name two bins").first).to_be_visible()
    complaints.clear()  # the browser's own word about a page that is answered with 422
    cell(page, 1, "sku").focus()
    Effort(page).paste("\n".join(f"LAMP-01\tMAIN\tA-01\t{number}" for number in range(1, 600)))
    expect(page.locator("[data-grid-told]")).to_contain_text(
        "more do not fit: a document has at most 500 lines."
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "address",
    [
        "adjustment/new/?location=",
        "adjustment/record-stock/?location=",
        "replenishment/receive/?location=",
        "putaway/add/?location=",
    ],
)
def test_other_documents_are_written_alike(
    page: Page, live_server: Any, north: Warehouse, complaints: list[str], address: str, theme: str
) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(f"{live_server.url}/admin/inventory/{address}{north.pk}")
    assert serious_faults(page) == []
    Effort(page).paste("sku\tunits\nLAMP-01\t5\nLAMP-02\t6")
    expect(page.locator("[data-grid-told]")).to_have_text("2 rows pasted. 2 lines, 11 units.")
    assert column(page, "sku", 3) == ["LAMP-01", "LAMP-02", ""]
    assert column(page, "quantity", 3) == ["5", "6", ""]


def test_an_adjustment_of_pasted_rows(
    page: Page, live_server: Any, north: Warehouse, complaints: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/inventory/adjustment/new/?location={north.pk}")
    page.get_by_label("Reason").select_option(label="Found goods (found)")
    Effort(page).paste("SKU\tWhat to do\tUnits\nLAMP-01\tChange by\t1,000\nLAMP-02\tset to\t50")
    assert column(page, "mode", 2) == ["by", "to"]
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("2 changes are posted.")).to_be_visible()
    assert sorted(Movement.objects.filter(reason_code__code="found").values_list("delta", flat=True)) == [
        10,
        1000,
    ]
