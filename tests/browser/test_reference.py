"""The reference pages in a browser, under their real policy."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.inventory.api.demonstration import make_demonstration

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("contract", "operation", "code"),
    [
        ("gateway", "operations-Inventory-adjustInventory", "REGEN-001"),
        ("nexus", "operations-Inventory-setInventory", "SKU-001"),
    ],
)
def test_a_route_is_tried_with_a_key(
    contract: str, operation: str, code: str, page: Page, live_server: Any, complaints: list[str]
) -> None:
    key = factories.make_key(make_demonstration())
    page.goto(f"{live_server.url}/{contract}/docs/")
    expect(page.locator(".opblock")).to_have_count(6)
    page.get_by_role("button", name="Authorize").click()
    dialog = page.locator(".modal-ux")
    dialog.get_by_label("Value").first.fill(key)
    dialog.get_by_role("button", name="Apply credentials").first.click()
    dialog.get_by_role("button", name="Close").last.click()

    block = page.locator(f"#{operation}")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").last).to_contain_text("200")
    expect(answer.locator(".response-col_description").last).to_contain_text(f'"sku": "{code}"')


def test_without_a_key_the_problem_is_shown(page: Page, live_server: Any, complaints: list[str]) -> None:
    page.goto(f"{live_server.url}/nexus/docs/")
    block = page.locator("#operations-Warehouses-listWarehouses")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table")).to_contain_text("UNAUTHENTICATED")
    refused = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"
    assert complaints == [refused]
    complaints.clear()
