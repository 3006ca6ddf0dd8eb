"""Counts in a real browser: planned with a preview, reviewed by the keyboard alone, on a phone, in both themes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from cycle_counts.counting import Counted, count_lines
from cycle_counts.models import BatchState, CountBatch, CountLine, LineState
from cycle_counts.planning import Scope
from cycle_counts.review import LineResolution, decide_lines
from inventory.verification import verify
from tests.browser.accessibility import serious_faults
from tests.browser.test_back_office import log_in
from tests.cycle_counts.conftest import Ground, ground
from warehouses import transactions

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["ground"]

LIST = "/admin/cycle_counts/countbatch/"
#: A second press within this is taken for the first one's bounce.
BOUNCE = 450
PHONE = {"width": 390, "height": 844}
OFF = {("GLOVES", "A-1"): 3, ("MASKS", "A-4"): -31, ("MASKS", "A-1"): -2, ("SALINE", "A-3", "L-1"): -2}


def reviewed(ground: Ground) -> CountBatch:
    """Four differences, and a code that nobody knows."""
    batch = ground.started()
    ground.count_all(batch, off=OFF)
    count = Counted(quantity=6, code="4006381333931", bin=ground.bin("A-2"), remark="no_label")
    transactions.run(lambda: count_lines(access=ground.access_of("counter"), batch=batch, counts=[count]))
    return ground.submit(batch)


def open_page(page: Page, live_server: Any, batch: CountBatch, name: str = "review") -> None:
    log_in(page, live_server.url, "approver@acme.example")
    page.goto(f"{live_server.url}{LIST}{batch.pk}/{name}/")


def press(page: Page, key: str) -> None:
    page.wait_for_timeout(BOUNCE)
    page.keyboard.press(key)
    page.wait_for_timeout(80)  # until it is sure that no scanner goes on


def expect_current(page: Page, words: str) -> None:
    expect(page.locator("#review")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("tr.is-current [data-focus]")).to_have_text(words)


def told(page: Page) -> Any:
    return page.locator("#review-told")


def states(batch: CountBatch) -> dict[str, str]:
    lines = CountLine.objects.filter(batch=batch, is_within=False).select_related("sku", "bin")
    return {f"{line.sku.code if line.sku else line.code} {line.bin.code}": line.state for line in lines}


def test_differences_are_decided_on_and_posted_with_the_keyboard_alone(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    batch = reviewed(ground)
    open_page(page, live_server, batch)
    page.evaluate("window.isStillHere = true")
    expect_current(page, "4006381333931")

    # What nobody knows is named: a scan into its field.
    page.locator("[data-sku]").focus()
    page.keyboard.type("BAR-TAPE")
    page.keyboard.press("Enter")
    expect_current(page, "MASKS")
    expect(told(page)).to_contain_text("4006381333931 in A-2: accepted.")

    # One key a line: a digit says why, a note is written, and it goes on by itself.
    press(page, "6")
    expect(page.locator("tr.is-current [data-cause]")).to_have_value("damaged")
    press(page, "n")
    page.keyboard.type("Wet, all of them")
    page.keyboard.press("Enter")
    expect(told(page)).to_contain_text("Noted.")
    press(page, "a")
    expect_current(page, "SALINE")
    press(page, "c")
    expect_current(page, "GLOVES")
    press(page, "i")
    expect_current(page, "MASKS")
    # The last was a slip.
    press(page, "z")
    expect(told(page)).to_contain_text("Undone: 1 line as before.")
    expect_current(page, "GLOVES")
    press(page, "a")
    expect_current(page, "MASKS")
    press(page, "a")
    expect(page.locator("tr[data-open]")).to_have_count(0)
    assert states(batch) == {
        "TAPE A-2": LineState.ACCEPTED,
        "MASKS A-4": LineState.ACCEPTED,
        "SALINE A-3": LineState.RECOUNT,
        "MASKS A-1": LineState.ACCEPTED,
        "GLOVES A-1": LineState.ACCEPTED,
    }
    line = ground.line(batch, "MASKS", "A-4")
    assert (line.root_cause, line.review_note) == ("damaged", "Wet, all of them")
    assert page.evaluate("window.isStillHere") is True

    page.locator("[data-resolve]").click()
    page.get_by_role("button", name="Post 4 differences").click()
    expect(page.get_by_text("CC-00001 is resolved: 4 differences posted.")).to_be_visible()
    assert (
        ground.on_hand("MASKS", "A-4"),
        ground.on_hand("TAPE", "A-2"),
        ground.on_hand("SALINE", "A-3", "L-1"),
    ) == (
        9,
        6,
        7,
    )
    assert CountBatch.objects.get(recount_of=batch).lines.count() == 1
    assert list(verify()) == []


def test_several_at_once_keys_off_and_somebody_faster(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    batch = reviewed(ground)
    open_page(page, live_server, batch)
    expect_current(page, "4006381333931")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-selected]")).to_have_text("With the 2 selected")
    press(page, "c")
    expect(told(page)).to_contain_text("2 lines to be recounted.")

    # Letters that are typed into a field, and those of who has switched the keys off, do nothing.
    page.locator("tr.is-current [data-note]").fill("acix")
    page.keyboard.press("Enter")
    expect(told(page)).to_contain_text("Noted.")
    page.keyboard.press("?")
    page.get_by_label("Use single keys on this page").uncheck()
    page.get_by_role("button", name="Close").click()
    before = states(batch)
    press(page, "i")
    page.wait_for_timeout(300)
    assert states(batch) == before

    # Somebody else decides on a line that is still shown as it was.
    line = ground.line(batch, "GLOVES", "A-1")
    transactions.run(
        lambda: decide_lines(
            access=ground.access_of("owner"), batch=batch, resolutions=[LineResolution(line.pk, "ignore")]
        )
    )
    complaints.clear()
    page.locator(f"#{line.public_id}").get_by_role("button", name="Accept").click()
    expect(page.locator("[data-faults]")).to_contain_text("owner@acme.example has decided on this meanwhile")
    line.refresh_from_db()
    assert line.state == LineState.IGNORED
    # The browser itself notes that the answer was a 409.
    complaints[:] = [each for each in complaints if "409" not in each]


def test_a_note_that_is_left_for_a_button_is_kept_and_the_button_pressed(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    batch = reviewed(ground)
    line = ground.line(batch, "GLOVES", "A-1")
    open_page(page, live_server, batch)
    row = page.locator(f"#{line.public_id}")
    row.locator("[data-note]").fill("Behind the pillar")
    row.get_by_role("button", name="Accept").click()
    expect(told(page)).to_contain_text("GLOVES in A-1: accepted.")
    line.refresh_from_db()
    assert (line.state, line.review_note) == (LineState.ACCEPTED, "Behind the pillar")


def test_how_much_a_plan_is_is_told_as_it_is_filled_in(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    log_in(page, live_server.url, "manager@acme.example")
    page.goto(f"{live_server.url}{LIST}add/")
    shown = page.locator("[data-previewed]")
    expect(shown).to_contain_text("6 lines in 4 bins, about 4 min")
    page.get_by_label("Bins").fill("A-1")
    expect(shown).to_contain_text("2 lines in 1 bin")
    page.get_by_label("Bins").fill("Z-1")
    expect(shown).to_contain_text("Nothing here is called Z-1.")
    complaints[:] = [each for each in complaints if "422" not in each]
    page.get_by_label("Bins").fill("A-3")
    expect(shown).to_contain_text("2 lines in 1 bin")
    page.get_by_role("button", name="Create and start").click()
    expect(page.get_by_text("CC-00001 is being counted: 2 lines.")).to_be_visible()
    assert CountBatch.objects.get().state == BatchState.COUNTING


def test_a_sheet_is_keyed_in_without_a_mouse(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    batch = ground.started()
    log_in(page, live_server.url, "counter@acme.example")
    page.goto(f"{live_server.url}{LIST}{batch.pk}/key-in/")
    fields = page.locator("[data-count]")
    expect(fields.first).to_be_focused()
    for keys in ("1", "0", "Enter", "5", "ArrowDown"):
        page.keyboard.press(keys)
    page.keyboard.press("Control+ArrowDown")
    expect(fields.nth(2)).to_have_value("5")
    expect(fields.nth(3)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(fields.nth(2)).to_be_focused()
    page.get_by_role("button", name="Save counts").click()
    expect(page.get_by_text("3 lines counted.")).to_be_visible()
    assert list(batch.lines.order_by("position").values_list("counted", flat=True)) == [
        10,
        5,
        5,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_fit_for_everybody_on_any_screen(
    browser: Browser, live_server: Any, ground: Ground, scheme: Any
) -> None:
    batch = reviewed(ground)
    counted = ground.started(scope=Scope(skus=(ground.sku("TAPE"),)))
    for size in (PHONE, {"width": 1280, "height": 900}):
        context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        log_in(page, live_server.url, "owner@acme.example")
        for name in (
            *("", "add/", "classes/", "accuracy/", "settings/"),
            *(f"{batch.pk}/{part}/" for part in ("change", "review", "resolve")),
            f"{batch.pk}/review/?show=within",
            *(f"{counted.pk}/{part}/" for part in ("change", "edit", "key-in", "upload", "print-sheet")),
        ):
            page.goto(f"{live_server.url}{LIST}{name}")
            assert serious_faults(page, "main") == [], name
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        context.close()
