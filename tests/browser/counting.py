"""A small warehouse to be counted in a browser, and the scanner that a counter holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cycle_counts.counting import start_batch
from cycle_counts.models import CountBatch, CountEntry, CountLine
from cycle_counts.planning import Scope, create_batch
from inventory.models import Sku
from tests import factories
from warehouses.access import Access, access_of_user
from warehouses.models import Bin, Organization, User, Warehouse
from warehouses.transactions import run

__all__ = [
    "ANA",
    "BEN",
    "PHONE",
    "Floor",
    "counts_of",
    "enter",
    "entries_of",
    "everything_is_sent",
    "scan",
    "start",
]

#: A small phone, held in one hand.
PHONE = pytest.mark.browser_context_args(viewport={"width": 360, "height": 740}, has_touch=True)

ANA, BEN = "ana@acme.example", "ben@acme.example"

# All keys at once, as a scanner sends them, however busy the machine is that the test runs on.
_BURST = """(keys) => {
    const target = document.activeElement ?? document.body;
    for (const key of keys) {
        target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    }
}"""


@dataclass(slots=True)
class Floor:
    """Acme's warehouse North; Ana and Ben count there, Mia plans."""

    organization: Organization = field(default_factory=factories.make_organization)
    warehouse: Warehouse = field(init=False)

    def __post_init__(self) -> None:
        self.warehouse = factories.make_warehouse(self.organization, "North")
        for email in (ANA, BEN):
            factories.make_person(email, {self.organization: [("Counter", self.warehouse)]})
        factories.make_person("mia@acme.example", {self.organization: ["Warehouse manager"]})

    def access_of(self, email: str) -> Access:
        access = access_of_user(User.objects.get(email=email), self.organization)
        assert access is not None
        return access

    def bin(self, code: str, sequence: int) -> Bin:
        return factories.make_bin(self.warehouse, code, barcode=f"BIN{code}", pick_sequence=sequence)

    def sku(self, code: str, **fields: Any) -> Sku:
        """A SKU with a barcode of thirteen digits."""
        number = Sku.objects.filter(organization=self.organization).count()
        return factories.make_sku(self.organization, code, barcodes=[f"40063813{number:05}"], **fields)

    def stock(self, sku: Sku, bin: Bin, units: int, **fields: Any) -> None:
        factories.stock(sku, self.warehouse, units, bin=bin, **fields)

    def plan(self, *bins: Bin, **fields: Any) -> CountBatch:
        access = self.access_of("mia@acme.example")
        return run(
            lambda: create_batch(
                access=access, warehouse=self.warehouse, scope=Scope(bins=tuple(bins)), **fields
            )
        )

    def started(self, *bins: Bin, **fields: Any) -> CountBatch:
        batch = self.plan(*bins, **fields)
        access = self.access_of("mia@acme.example")
        return run(lambda: start_batch(access=access, batch=batch))


def enter(page: Page, address: str, email: str = ANA) -> None:
    """Log in at the counter's own door."""
    page.goto(f"{address}/count/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("[data-pill]")).to_have_text("Online")


def start(page: Page, bin: str) -> None:
    """The one touch that a round takes; it leads to that bin first."""
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name=bin, exact=True)).to_be_visible()


def scan(page: Page, code: str) -> None:
    """What a scanner does: it types fast, wherever the focus is, and ends with Enter."""
    page.evaluate(_BURST, [*code, "Enter"])


def everything_is_sent(page: Page) -> None:
    """One after another: on a slow machine that takes a while."""
    expect(page.locator("[data-pill]")).to_have_text("Online", timeout=30_000)


def counts_of(batch: CountBatch) -> dict[tuple[str, str], int | None]:
    """What the server has of each line: by bin, and SKU or what was scanned."""
    rows = CountLine.objects.filter(batch=batch).select_related("bin", "sku")
    return {(line.bin.code, line.sku.code if line.sku else line.code): line.counted for line in rows}


def entries_of(batch: CountBatch) -> int:
    return CountEntry.objects.filter(batch=batch).count()
