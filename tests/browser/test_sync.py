"""A location is connected with its point of sale in a browser, synced, and the run read while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inventory.models import StockLevel
from inventory.sync import engine
from tests import factories
from tests.browser.test_back_office import log_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_location_is_connected_and_synced(
    page: Page, live_server: Any, complaints: list[str], settings: Any, tmp_path: Path
) -> None:
    settings.POS_DROP_DIR = tmp_path
    acme = factories.make_organization("Acme")
    store = factories.make_warehouse(acme, "Store")
    sku = factories.make_sku(acme, "MUG-RED")
    factories.stock(sku, store, 20)
    factories.make_person("olga@acme.example", {acme: ["Owner"]})
    log_in(page, live_server.url, "olga@acme.example")

    page.locator(".overview-card", has_text="POS connections").click()
    page.get_by_role("link", name="Add point-of-sale connection").first.click()
    page.get_by_label("Location").select_option(label="Store")
    expect(page.get_by_label("URL")).to_be_visible()
    expect(page.get_by_label("Folder")).to_be_hidden()
    page.get_by_label("Adapter").select_option(label="CSV files in a folder")
    expect(page.get_by_label("URL")).to_be_hidden()
    page.get_by_label("Folder").fill("store")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(str(tmp_path / "store"))).to_be_visible()

    (tmp_path / "store" / "full.csv").write_text("sku,quantity\nMUG-RED,17\nMUG-BLUE,3\n", encoding="utf-8")
    page.get_by_role("link", name="Full sync now").click()
    page.get_by_role("button", name="Full sync now").click()

    record = page.locator("#record")
    expect(record).to_have_attribute("data-state", "Queued")
    engine.work(seconds=30)
    expect(record).to_have_attribute("data-state", "Completed")
    expect(record.get_by_role("row", name="MUG-BLUE")).to_be_visible()
    assert StockLevel.objects.get(sku=sku, warehouse=store).on_hand == 17
    record.get_by_role("link", name="Its adjustments").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
