"""The sidebar shows where one is: one entry at most, the nearest."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.inventory.admin.conftest import House, _Browser


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("admin:index", "Overview"),
        ("admin:inventory_stocklevel_changelist", "Stock levels"),
        ("admin:inventory_analytics", "Analytics"),
        ("admin:inventory_stockitem_expired", "Expired goods"),
        ("admin:inventory_channel_matrix", "What can be promised"),
        ("admin:inventory_channel_add", "Channels"),
        ("admin:inventory_replenishmentrule_suggestions", "Suggestions"),
    ],
)
def test_one_entry_is_marked(house: House, logged_in: type[_Browser], page: str, title: str) -> None:
    response = logged_in(house.alice).get(reverse(page))
    groups = response.context["sidebar_navigation"]
    assert [entry["title"] for group in groups for entry in group["items"] if entry["active"]] == [title]
