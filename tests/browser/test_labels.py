"""Labels and exports in a real browser: selected, printed, taken out as a file; on paper is nothing but labels."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.effort import Effort, of
from tests.browser.test_back_office import log_in
from tests.inventory.labels.test_code128 import read
from warehouses.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme(page: Page, live_server: Any) -> Organization:
    acme = factories.make_organization("Acme")
    north = factories.make_warehouse(acme, "North")
    for number in range(3):
        factories.make_bin(north, f"A-0{number}-1", pick_sequence=number)
        sku = factories.make_sku(
            acme, f"MUG-{number}", title=f"Mug {number}", barcodes=[f"400638133393{number}"]
        )
        factories.stock(sku, north, 10 + number)
    factories.make_person("alice@acme.example", {acme: ["Warehouse manager"]})
    log_in(page, live_server.url, "alice@acme.example")
    page.wait_for_url(f"{live_server.url}/admin/")
    return acme


def tick(page: Page, count: int) -> None:
    for place in range(count):
        page.locator("input.action-select").nth(place).check()


def test_labels_of_what_is_selected_are_printed(
    acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/warehouses/bin/?q=A-0")
    tick(page, 3)
    page.add_init_script("window.print = () => { window.printed = (window.printed ?? 0) + 1 }")
    effort = Effort(page)
    effort.click(page.get_by_role("button", name="Print labels"))
    effort.click(page.get_by_role("button", name="Print", exact=True))
    assert page.evaluate("window.printed") == 1
    assert effort.acts == of("M8") == 2
    found = [read(each.evaluate("each => each.outerHTML")) for each in page.locator(".code128").all()]
    assert found == ["A-00-1", "A-01-1", "A-02-1"]


def test_keyboard_alone_is_enough(
    acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    page.add_init_script("window.print = () => { window.printed = (window.printed ?? 0) + 1 }")
    page.goto(f"{live_server.url}/admin/inventory/sku/")
    page.locator("input.action-select").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Print labels").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Print", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("window.printed") == 1


def test_preview_follows_what_is_chosen(
    acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/inventory/sku/")
    tick(page, 2)
    page.get_by_role("button", name="Print labels").click()
    page.get_by_label("Size").select_option("62x29")
    expect(page.locator(".label-sheet")).to_have_count(2)
    page.get_by_label("Code").select_option("both")
    expect(page.locator(".qr")).to_have_count(2)
    page.get_by_label("Copies of each").fill("3")
    page.keyboard.press("Enter")
    expect(page.locator(".label-sheet")).to_have_count(6)
    page.get_by_label("Copies of each").fill("0")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Enter a number from 1 to 100.")).to_be_visible()
    complaints[:] = [one for one in complaints if "422" not in one]  # the browser tells of every refused form


@pytest.mark.parametrize("codes", ["bars", "qr", "both"])
@pytest.mark.parametrize(
    ("size", "pages", "width", "height"),
    [("a4-3x8", 1, 595, 842), ("a4-4x10", 1, 595, 842), ("62x29", 3, 176, 82), ("100x50", 3, 283, 142)],
)
def test_paper_is_of_the_chosen_size_and_full_of_labels(
    acme: Organization,
    page: Page,
    live_server: Any,
    complaints: list[str],
    size: str,
    pages: int,
    width: int,
    height: int,
    codes: str,
) -> None:
    factories.make_sku(
        acme, "A-VERY-LONG-CODE-OF-FORTY-LETTERS-TO-PUT", title="Long", barcodes=["20000000000001"]
    )
    factories.make_sku(acme, "BAT-01-BAMBOO-NATURAL", title="Soap dish of bamboo, natural, with a drain")
    page.goto(f"{live_server.url}/admin/inventory/sku/")
    tick(page, 3)
    page.get_by_role("button", name="Print labels").click()
    page.get_by_label("Code").select_option(codes)
    expect(page.locator(f".codes-{codes}")).to_be_visible()
    page.get_by_label("Size").select_option(size)
    expect(page.locator(f".labels-{size}")).to_be_visible()
    page.wait_for_load_state("networkidle")
    printed = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(boxes) == pages
    assert {(round(float(x)), round(float(y))) for x, y in boxes} <= {
        (width + dx, height + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)
    }
    page.emulate_media(media="print")
    assert page.locator(".screen").is_hidden()
    # No label reaches over its edge, and the bars of each are inside it.
    outside = page.evaluate(
        """() => [...document.querySelectorAll(".label")].filter((label) => {
            const edge = label.getBoundingClientRect();
            return [...label.querySelectorAll("svg, strong, .label-code")].some((part) => {
                const box = part.getBoundingClientRect();
                if (part.matches("strong") && part.scrollWidth > part.clientWidth + 1) {
                    return true; // a code that is cut off names something else
                }
                const isInside = box.bottom < edge.bottom + 1 && box.right < edge.right + 1 && box.left > edge.left - 1;
                return box.height < 4 || !isInside;
            });
        }).length"""
    )
    assert outside == 0
    first = page.locator(".label").first.bounding_box()
    assert first is not None
    wanted = {"a4-3x8": (70, 37), "a4-4x10": (52.5, 29.7), "62x29": (62, 29), "100x50": (100, 50)}[size]
    assert (first["width"] / 96 * 25.4, first["height"] / 96 * 25.4) == pytest.approx(wanted, abs=0.3)


def test_list_is_taken_out_as_it_is_filtered(
    acme: Organization, page: Page, live_server: Any, complaints: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/inventory/stocklevel/?q=MUG-1")
    effort = Effort(page)
    effort.click(page.locator("summary", has_text="Export"))
    with page.expect_download() as told:
        effort.click(page.get_by_role("button", name="CSV"))
    assert effort.acts == 2
    text = Path(told.value.path()).read_text("utf-8-sig")
    assert [row["sku"] for row in csv.DictReader(text.splitlines())] == ["MUG-1"]
    assert told.value.suggested_filename.startswith("stock-levels-")
    expect(page.get_by_role("button", name="CSV")).to_be_hidden()
    # By Escape the menu closes, and the focus is where it was.
    page.locator("summary", has_text="Export").click()
    page.keyboard.press("Escape")
    expect(page.locator("summary", has_text="Export")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(
    acme: Organization, page: Page, live_server: Any, complaints: list[str], scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{live_server.url}/admin/inventory/sku/")
    page.locator("summary", has_text="Export").click()
    assert serious_faults(page, "details.export") == []
    page.goto(f"{live_server.url}/admin/exports/")
    assert serious_faults(page) == []
    page.goto(f"{live_server.url}/admin/inventory/sku/")
    tick(page, 2)
    page.get_by_role("button", name="Print labels").click()
    expect(page.locator(".label")).to_have_count(2)
    assert serious_faults(page, "main") == []
