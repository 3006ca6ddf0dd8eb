"""Every page that the owner of the demonstration may open: readable by everybody, in both themes.

The addresses are read from the URL resolvers, so a page that is added later is looked at too. That nothing is asked of
another host, and that no script fails, is what `complaints` asserts.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
from django.apps import apps
from django.test import Client, override_settings
from playwright.sync_api import Page

from inventory.models import Sku, StockLevel
from tests.browser.accessibility import serious_faults
from tests.cycle_counts.addresses import addresses
from tests.inventory.demo.conftest import run_demo
from warehouses.models import Organization, User

pytestmark = pytest.mark.django_db(transaction=True)

#: Not pages to look at: files, answers to scripts, what ends the walk, what is of Django alone, and the reference,
#: which is Swagger UI's own inside.
_NO_PAGES: Final = re.compile(
    r"logout|jsi18n|autocomplete|/r/|/file/|openapi|password|/history/|/preview|/docs$"
)
#: So that they are looked at side by side: a part of the addresses, and how many pages it has at least.
_PARTS: Final = {
    "inventory": (re.compile(r"^/admin/inventory/"), 60),
    "others": (re.compile(r"^/(?!admin/inventory/)"), 60),
}


def pages_of(client: Client, organization: Organization, part: re.Pattern[str]) -> list[str]:
    """Each address that answers a GET with a page of HTML, once for each route."""
    rows: dict[type[Any], list[Any]] = {}
    for model in apps.get_models():
        if any(field.name == "organization" for field in model._meta.get_fields()):
            rows[model] = list(model._default_manager.filter(organization=organization)[:1])
    rows[Organization] = [organization]
    # A SKU of which there is something to be seen.
    rows[Sku] = [StockLevel.objects.filter(organization=organization).order_by("-version")[0].sku]
    ids = [row.public_id for found in rows.values() for row in found if hasattr(row, "public_id")]
    seen: dict[str, str] = {}
    for address in addresses(ids, rows=rows):
        if address.route in seen or address.is_api or _NO_PAGES.search(address.path):
            continue
        if not part.match(address.path):
            continue
        answer = client.get(address.path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            seen[address.route] = address.path
    return list(seen.values())


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", _PARTS)
def test_everybody_can_read_it_in_both_themes(
    page: Page, live_server: Any, complaints: list[str], tmp_path: Path, part: str
) -> None:
    with override_settings(DATA_DIR=tmp_path, PORT=8000):
        run_demo()
    organization = Organization.objects.get(name="Demo Trading")
    client = Client()
    client.force_login(User.objects.get(email="owner@demo.example"))
    mine, least = _PARTS[part]
    found = pages_of(client, organization, mine)
    assert len(found) >= least
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")

    wrong: list[Any] = []
    for path in found:
        page.goto(f"{live_server.url}{path}")
        assert page.title().strip(" |"), path
        wrong += [(path, *fault) for fault in serious_faults(page, "body")]
        # All but the colours is as it was.
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.evaluate("document.documentElement.classList.add('dark')")
        wrong += [(path, "dark", *fault) for fault in serious_faults(page, "body", rules=["color-contrast"])]
        page.emulate_media(color_scheme="light", reduced_motion="reduce")

    assert wrong == [], "\n".join(map(str, wrong))
