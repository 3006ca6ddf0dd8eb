"""The counter's screen in a real browser, under its real policy: a round with a scanner, and one with a thumb."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from cycle_counts.models import BatchState, CountBatch, CountEntry, CountLine, Origin
from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.counting import ANA, PHONE, Floor, counts_of, enter, everything_is_sent, scan, start

pytestmark = [pytest.mark.django_db(transaction=True), PHONE]


def test_a_round_of_twenty_lines_is_scanned_without_a_touch_but_start(
    page: Page, live_server: Any, complaints: list[str]
) -> None:
    floor = Floor()
    bins = [floor.bin(f"A-0{number}-1", 10 * number) for number in range(1, 6)]
    skus = [floor.sku(f"PART-{number}", title=f"Part {number}") for number in range(4)]
    for bin in bins:
        for place, sku in enumerate(skus):
            floor.stock(sku, bin, 7919 + place)
    batch = floor.plan(*bins)
    enter(page, live_server.url)
    expect(page.get_by_role("heading", name="5 bins")).to_be_visible()

    start(page, "A-01-1")
    for number, bin in enumerate(bins, start=1):
        scan(page, bin.barcode)
        for place in range(4):
            for _ in range(number if place else 3):
                scan(page, f"40063813{place:05}")
    scan(page, "X:NEXT")

    expect(page.get_by_role("heading", name="5 bins done")).to_be_visible()
    everything_is_sent(page)
    assert counts_of(batch) == {
        (bin.code, sku.code): number if place else 3
        for number, bin in enumerate(bins, start=1)
        for place, sku in enumerate(skus)
    }
    assert batch.bins.filter(visited_at__isnull=False).count() == 5
    # One entry for a line, however many scans it took.
    assert CountEntry.objects.filter(batch=batch).count() == 20
    assert "79" not in page.locator("main").inner_text()
    page.get_by_role("button", name="Hand in the round").click()
    expect(page.get_by_role("heading", name="Nothing assigned")).to_be_visible()
    batch.refresh_from_db()
    assert batch.state == BatchState.REVIEW


def test_the_wrong_bin_is_refused_and_can_be_counted_instead(
    page: Page, live_server: Any, complaints: list[str]
) -> None:
    floor = Floor()
    first, second, third = (floor.bin(f"A-0{number}-1", number) for number in (1, 2, 3))
    floor.bin("Z-99-9", 99)
    mug = floor.sku("MUG")
    for bin in (first, second, third):
        floor.stock(mug, bin, 5)
    batch = floor.started(first, second, third)
    enter(page, live_server.url)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name="A-01-1")).to_be_visible()

    scan(page, "BINA-03-1")
    expect(page.get_by_role("alert")).to_contain_text("This is A-03-1. Go to A-01-1.")
    expect(page.locator("body")).to_have_attribute("data-cue", "bad")
    # Goods are no bin, and nothing is counted before one is there.
    scan(page, "MUG")
    expect(page.get_by_role("alert")).to_contain_text("Scan the bin first: A-01-1")
    # Not in the round at all, and of this warehouse.
    scan(page, "BINZ-99-9")
    expect(page.get_by_role("alert")).to_contain_text("This is Z-99-9. Go to A-01-1.")
    scan(page, "BINA-03-1")
    page.get_by_role("button", name="Count this one instead").click()
    expect(page.get_by_text("0 of 1 line counted")).to_be_visible()
    scan(page, "MUG")
    scan(page, "X:NEXT")

    # A label that cannot be read: its last characters are typed.
    expect(page.get_by_role("heading", name="A-01-1")).to_be_visible()
    page.get_by_role("button", name="Type", exact=True).click()
    page.keyboard.type("01-1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 of 1 line counted")).to_be_visible()
    everything_is_sent(page)
    assert counts_of(batch) == {("A-01-1", "MUG"): None, ("A-02-1", "MUG"): None, ("A-03-1", "MUG"): 1}


def test_lots_are_chosen_by_tap_or_by_their_label(
    page: Page, live_server: Any, complaints: list[str]
) -> None:
    floor = Floor()
    shelf = floor.bin("A-01-1", 1)
    saline = floor.sku("SALINE", is_lot_controlled=True)
    for code, year in (("LOT-A", 2098), ("LOT-B", 2099)):
        floor.stock(saline, shelf, 5, lot=factories.make_lot(saline, code, date(year, 1, 31)))
    batch = floor.started(shelf)
    enter(page, live_server.url)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name="A-01-1")).to_be_visible()
    scan(page, "BINA-01-1")
    scan(page, "SALINE")
    expect(page.get_by_text("Which lot of SALINE?")).to_be_visible()
    page.get_by_role("button", name="LOT-A").click()
    expect(page.get_by_label("Counted")).to_have_text("1 each")
    # The next one: its goods and then its label, which is of the other lot; then two labels alone.
    scan(page, "SALINE")
    scan(page, "LOT-B")
    scan(page, "LOT-B")
    scan(page, "lot-a")
    expect(page.get_by_text("lot LOT-A")).to_be_visible()
    # And one of a lot that nobody knows.
    page.get_by_role("button", name="Other lot").click()
    page.get_by_role("button", name="Another lot").click()
    page.keyboard.type("LOT-NEW")
    page.keyboard.press("Enter")
    expect(page.get_by_text("lot LOT-NEW")).to_be_visible()
    scan(page, "X:NEXT")
    everything_is_sent(page)
    rows = CountLine.objects.filter(batch=batch).order_by("position").select_related("lot")
    assert [(line.lot.code if line.lot else line.lot_code, line.counted) for line in rows] == [
        ("LOT-A", 2),
        ("LOT-B", 2),
        ("LOT-NEW", 1),
    ]


def test_slips_are_mended_with_a_thumb(page: Page, live_server: Any, complaints: list[str]) -> None:
    floor = Floor()
    shelf, empty = floor.bin("A-01-1", 1), floor.bin("A-02-1", 2)
    for number in range(4):
        floor.stock(floor.sku(f"PART-{number}"), shelf, 9)
    batch = floor.started(shelf, empty)
    enter(page, live_server.url)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name="A-01-1")).to_be_visible()
    scan(page, "BINA-01-1")
    counted = page.get_by_label("Counted")
    page.get_by_role("button", name="PART-0").click()
    for digit in "129":
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Delete the last digit").click()
    expect(counted).to_have_text("12 each")
    page.get_by_role("button", name="−1", exact=True).click()
    page.get_by_role("button", name="Done").click()
    # On to the next line, by hand; typed with a keyboard.
    expect(page.get_by_role("heading", name="Title of PART-1")).to_be_visible()
    page.keyboard.type("30", delay=120)
    expect(counted).to_have_text("30 each")
    # A scan commits what was typed, and one scan too many is undone.
    scan(page, "PART-2")
    scan(page, "PART-2")
    scan(page, "X:UNDO")
    expect(page.get_by_role("status")).to_contain_text("Undone: PART-2 is 1")
    # A slow scanner's digits are no quantity.
    page.keyboard.type("4006381300002", delay=70)
    page.keyboard.press("Enter")
    expect(counted).to_have_text("2 each")
    page.get_by_role("button", name="Undo").click()
    expect(counted).to_have_text("1 each")
    page.get_by_role("button", name="Remark").click()
    page.get_by_label("Note").fill("the upper box")
    page.get_by_role("button", name="Damaged").click()
    expect(page.get_by_text("Damaged: the upper box")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Finish this bin").click()
    expect(page.get_by_text("3 lines counted")).to_be_visible()
    page.get_by_role("button", name="None found: mark 1 as 0").click()

    expect(page.get_by_role("heading", name="A-02-1")).to_be_visible()
    scan(page, "BINA-02-1")
    page.get_by_role("button", name="Empty bin").click()
    page.get_by_role("button", name="Really empty?").click()
    expect(page.get_by_role("heading", name="2 bins done")).to_be_visible()
    everything_is_sent(page)
    assert counts_of(batch) == {
        ("A-01-1", "PART-0"): 11,
        ("A-01-1", "PART-1"): 30,
        ("A-01-1", "PART-2"): 1,
        ("A-01-1", "PART-3"): 0,
    }
    line = CountLine.objects.get(batch=batch, sku__code="PART-2")
    assert (line.remark, line.note) == ("damaged", "the upper box")
    assert batch.bins.filter(visited_at__isnull=False).count() == 2


def test_a_bin_that_is_in_no_round_is_counted_after_two_scans(
    page: Page, live_server: Any, complaints: list[str]
) -> None:
    floor = Floor()
    floor.stock(floor.sku("MUG"), floor.bin("A-01-1", 1), 7919)
    enter(page, live_server.url)
    expect(page.get_by_text("Scan a bin for a spot count.")).to_be_visible()
    scan(page, "BINA-01-1")
    expect(page.get_by_role("heading", name="A-01-1 is in no round")).to_be_visible()
    scan(page, "BINA-01-1")
    # In it already: its label was scanned.
    expect(page.get_by_text("0 of 1 line counted")).to_be_visible()
    scan(page, "MUG")
    scan(page, "X:NEXT")
    page.get_by_role("button", name="Hand in the round").click()
    expect(page.get_by_role("heading", name="Nothing assigned")).to_be_visible()
    batch = CountBatch.objects.get()
    assert (batch.origin, batch.state, batch.actor_name) == (Origin.SPOT, BatchState.REVIEW, ANA)
    assert counts_of(batch) == {("A-01-1", "MUG"): 1}


# Everything that a finger is to hit, and everything that is read.
_SMALL = """() => {
    const shown = (one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility === "visible";
    const hit = [...document.querySelectorAll("button, a, input:not([type=hidden]), textarea, summary")].filter(shown);
    const small = hit.filter((one) => one.offsetHeight < 48 || one.offsetWidth < 44);
    const texts = [...document.querySelectorAll("body *")].filter(shown);
    const unreadable = texts.filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16);
    const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
    const faults = [...small, ...unreadable].map((one) => one.outerHTML.slice(0, 120));
    return wide ? [...faults, "it scrolls sideways"] : faults;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_screen_is_accessible_and_large_enough(
    page: Page, live_server: Any, complaints: list[str], theme: Literal["light", "dark"]
) -> None:
    floor = Floor()
    shelf, other = floor.bin("A-01-1", 1), floor.bin("A-02-1", 2)
    saline = floor.sku("SALINE", title="Saline solution 0.9 %, 500 ml, for infusion", is_lot_controlled=True)
    for code in ("LOT-A", "LOT-B"):
        floor.stock(saline, shelf, 5, lot=factories.make_lot(saline, code, date(2099, 1, 31)))
    floor.stock(floor.sku("MUG", title="Enamel mug, red"), shelf, 5)
    batch = floor.plan(shelf, other, name="The aisle on the left", due_on=date(2020, 1, 1))
    page.emulate_media(color_scheme=theme)

    def look(where: str) -> None:
        assert serious_faults(page, "body") == [], where
        assert page.evaluate(_SMALL) == [], where

    page.goto(f"{live_server.url}/count/login/")
    look("login")
    enter(page, live_server.url)
    look("home")
    page.goto(f"{live_server.url}/count/cards/")
    look("cards")
    page.goto(f"{live_server.url}/count/{batch.public_id}/")
    look("not begun")
    start(page, "A-01-1")
    look("on the way")
    scan(page, "BINA-02-1")
    look("wrong bin")
    scan(page, "BINA-01-1")
    look("bin")
    scan(page, "MUG")
    look("line")
    page.get_by_role("button", name="Remark").click()
    look("remarks")
    page.get_by_role("button", name="Close").click()
    scan(page, "SALINE")
    look("lots")
    scan(page, "LOT-A")
    scan(page, "X:NEXT")
    look("not counted")
    page.get_by_role("button", name="Leave them for later").click()
    page.get_by_role("button", name="More").click()
    look("menu")
    page.get_by_role("button", name="Finish the round").click()
    look("end")
    page.locator("[data-pill]").click()
    look("queue")
