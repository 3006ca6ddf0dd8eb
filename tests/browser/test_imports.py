"""A file is loaded with two clicks, what it would change shown in between; with the keyboard alone too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inventory.import_runs import engine
from inventory.models import ImportRun, ImportState, Sku
from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.effort import Effort, of
from tests.browser.test_back_office import log_in
from warehouses.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)

LINES = "Item code,Name,EAN\nPOT,Green pot,4006381333931\nMUG,Large mug,\nCUP,Blue cup,\nPAN,,\n"


@pytest.fixture
def acme(page: Page, live_server: Any) -> Organization:
    acme = factories.make_organization("Acme")
    factories.make_sku(acme, "MUG", title="Red mug")
    factories.make_sku(acme, "CUP", title="Blue cup")
    factories.make_person("alice@acme.example", {acme: ["Warehouse manager"]})
    log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}/admin/inventory/importrun/")
    return acme


@pytest.fixture
def goods(tmp_path: Path) -> Path:
    path = tmp_path / "goods.csv"
    path.write_text(LINES)
    return path


def test_a_file_is_loaded_with_two_clicks(
    page: Page, acme: Organization, goods: Path, complaints: list[str]
) -> None:
    effort = Effort(page)
    effort.choose_file(page.get_by_label("Import a file"), goods)
    expect(page.get_by_role("heading", name="goods.csv", exact=True)).to_be_visible()
    row = page.get_by_role("row", name="Large mug")
    expect(row.locator("del")).to_have_text("Red mug")
    expect(row.locator("ins")).to_have_text("Large mug")
    expect(page.get_by_text("title: PAN is new and needs a title")).to_be_visible()
    assert Sku.objects.count() == 2  # nothing is changed yet
    assert serious_faults(page) == []
    effort.click(page.get_by_role("button", name="Import 2 good rows"))
    expect(page.get_by_role("link", name="Undo import")).to_be_visible()
    assert effort.acts == of("M7") == 2
    assert set(Sku.objects.values_list("code", "title")) == {
        ("POT", "Green pot"),
        ("MUG", "Large mug"),
        ("CUP", "Blue cup"),
    }
    assert serious_faults(page) == []


def test_the_button_has_the_focus_and_enter_imports(
    page: Page, acme: Organization, goods: Path, complaints: list[str]
) -> None:
    page.get_by_label("Import a file").set_input_files(goods)
    expect(page.get_by_role("button", name="Import 2 good rows")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 rows imported.")).to_be_visible()
    page.get_by_role("link", name="Undo import").press("Enter")
    page.get_by_role("button", name="Undo import").press("Enter")
    expect(page.get_by_text("2 rows taken back.")).to_be_visible()
    assert set(Sku.objects.values_list("code", "title")) == {("MUG", "Red mug"), ("CUP", "Blue cup")}


def test_the_button_that_comes_later_has_the_focus_too_and_works_once(
    page: Page, acme: Organization, goods: Path, complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that takes longer is checked by a worker: the page shows what it is at, and then the button."""
    with monkeypatch.context() as patch:
        patch.setattr(engine, "work_on", lambda run, *, seconds: None)
        page.get_by_label("Import a file").set_input_files(goods)
        expect(page.locator("[data-refresh]")).to_be_visible()
    run = ImportRun.objects.get()
    engine.work_on(run, seconds=30)
    button = page.get_by_role("button", name="Import 2 good rows")
    expect(button).to_be_focused()
    # What two quick clicks ask for: the first may go on, the second may not.
    may_go_on = button.evaluate(
        """button => [1, 2].map(() => button.form.dispatchEvent(
            new SubmitEvent("submit", { bubbles: true, cancelable: true, submitter: button })))"""
    )
    assert may_go_on == [True, False]


def test_a_file_is_dropped_and_its_columns_chosen_in_the_dark(
    page: Page, acme: Organization, complaints: list[str]
) -> None:
    page.emulate_media(color_scheme="dark")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["Nr;Was\\nPOT;Pot\\n"], "list.csv", { type: "text/csv" }));
            const form = document.querySelector("[data-import]");
            form.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_text("The columns do not say what this file is about")).to_be_visible()
    page.get_by_label("What the file is about").select_option(label="SKUs of the catalogue")
    page.get_by_role("button", name="Show its columns").click()
    page.get_by_label("Nr").select_option("sku")
    page.get_by_label("Was").select_option("title")
    assert serious_faults(page) == []
    page.get_by_role("button", name="Check 1 rows").click()
    expect(page.get_by_role("button", name="Import 1 row")).to_be_visible()
    assert ImportRun.objects.get().state == ImportState.READY


def test_without_the_script_there_is_a_button(
    page: Page, acme: Organization, goods: Path, browser: Any, live_server: Any
) -> None:
    with browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    ) as context:
        plain = context.new_page()
        plain.goto(f"{live_server.url}/admin/inventory/importrun/")
        plain.get_by_label("Import a file").set_input_files(goods)
        plain.get_by_role("button", name="Check the file").click()
        plain.get_by_role("button", name="Import 2 good rows").click()
        expect(plain.get_by_text("2 rows imported.")).to_be_visible()
