"""The sidebar shows where one is: one entry at most, the nearest."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests import factories
from tests.inventory.admin.conftest import House, _Browser


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("admin:index", "Overview"),
        ("admin:inventory_explorer", "Stock"),
        ("admin:inventory_stocklevel_changelist", "Stock levels"),
        ("admin:inventory_analytics", "Analytics"),
        ("admin:inventory_stockitem_expired", "Expired goods"),
        ("admin:inventory_channel_matrix", "What can be promised"),
        ("admin:inventory_channel_add", "Channels"),
        ("admin:inventory_replenishmentrule_suggestions", "Suggestions"),
        ("admin:stock_requests_stockrequest_changelist", "Stock requests"),
        ("admin:stock_requests_stockrequest_add", "Stock requests"),
        ("admin:stock_requests_stocklist_changelist", "Stocklists"),
    ],
)
def test_one_entry_is_marked(house: House, logged_in: type[_Browser], page: str, title: str) -> None:
    response = logged_in(house.alice).get(reverse(page))
    groups = response.context["sidebar_navigation"]
    assert [entry["title"] for group in groups for entry in group["items"] if entry["active"]] == [title]


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        (
            "Owner",
            [
                "Approvals",
                "Stock requests",
                "Stocklists",
                "Departments",
                "Approval rules",
                "Delegations",
                "Request settings",
            ],
        ),
        ("Approver", ["Approvals", "Stock requests", "Stocklists", "Departments", "Delegations"]),
        ("Warehouse manager", ["Stock requests", "Stocklists", "Departments"]),
        ("Viewer", ["Stock requests", "Stocklists", "Departments"]),
        ("Counter", []),
    ],
)
def test_what_each_role_sees_of_the_requests(
    house: House, logged_in: type[_Browser], role: str, titles: list[str]
) -> None:
    person = factories.make_person("somebody@acme.example", {house.organization: [role]})
    # Not on the overview: whoever only counts is led on from there.
    groups = logged_in(person).get(reverse("admin:notices")).context["sidebar_navigation"]
    found = {group["title"]: [entry["title"] for entry in group["items"]] for group in groups}
    assert found.get("Requests", []) == titles


#: What each role finds in its sidebar, and nothing else. A new page says here for whom it is.
SIDEBARS: dict[str, dict[str | None, list[str]]] = {
    "Owner": {
        None: ["Overview"],
        "Requests": [
            "Approvals",
            "Stock requests",
            "Stocklists",
            "Departments",
            "Approval rules",
            "Delegations",
            "Request settings",
        ],
        "Counting": [
            "To review",
            "Cycle counts",
            "Count on this device",
            "ABC classes",
            "Count accuracy",
            "Count settings",
        ],
        "Stock": [
            "Stock",
            "Stock levels",
            "Stock items",
            "Movements",
            "Adjustments",
            "Reservations",
            "Holds",
            "Analytics",
        ],
        "Goods": ["Receive goods", "Put-away", "Transfers", "Expired goods", "Destructions"],
        "Replenishment": ["Suggestions", "Orders", "Rules"],
        "Channels": ["What can be promised", "Channels", "Channel rules"],
        "Catalogue": ["SKUs", "Products", "Categories", "Lots", "Reason codes", "Imports"],
        "Integrations": [
            "Developers",
            "API requests",
            "Webhooks",
            "Deliveries",
            "POS connections",
            "Sync runs",
        ],
        "Places": ["Warehouses", "Rooms", "Bins"],
        "Organization": ["People", "Roles", "Invitations", "API keys", "Settings"],
    },
    "Warehouse manager": {
        None: ["Overview"],
        "Requests": ["Stock requests", "Stocklists", "Departments"],
        "Counting": ["To review", "Cycle counts", "Count on this device", "ABC classes", "Count accuracy"],
        "Stock": [
            "Stock",
            "Stock levels",
            "Stock items",
            "Movements",
            "Adjustments",
            "Reservations",
            "Holds",
            "Analytics",
        ],
        "Goods": ["Receive goods", "Put-away", "Transfers", "Expired goods", "Destructions"],
        "Replenishment": ["Suggestions", "Orders", "Rules"],
        "Channels": ["What can be promised", "Channels", "Channel rules"],
        "Catalogue": ["SKUs", "Products", "Categories", "Lots", "Reason codes", "Imports"],
        "Integrations": ["Sync runs"],
        "Places": ["Warehouses", "Rooms", "Bins"],
    },
    "Approver": {
        None: ["Overview"],
        "Requests": ["Approvals", "Stock requests", "Stocklists", "Departments", "Delegations"],
        "Counting": ["To review", "Cycle counts", "Count on this device", "ABC classes", "Count accuracy"],
        "Stock": [
            "Stock",
            "Stock levels",
            "Stock items",
            "Movements",
            "Adjustments",
            "Reservations",
            "Holds",
            "Analytics",
        ],
        "Goods": ["Put-away", "Transfers", "Expired goods", "Destructions"],
        "Replenishment": ["Suggestions", "Orders"],
        "Channels": ["What can be promised"],
        "Catalogue": ["SKUs", "Products", "Categories", "Lots"],
        "Places": ["Warehouses", "Rooms", "Bins"],
    },
    "Counter": {
        None: ["Overview"],
        "Counting": ["Cycle counts", "Count on this device"],
    },
    "Viewer": {
        None: ["Overview"],
        "Requests": ["Stock requests", "Stocklists", "Departments"],
        "Stock": [
            "Stock",
            "Stock levels",
            "Stock items",
            "Movements",
            "Adjustments",
            "Reservations",
            "Holds",
            "Analytics",
        ],
        "Goods": ["Put-away", "Transfers", "Expired goods", "Destructions"],
        "Replenishment": ["Suggestions", "Orders"],
        "Channels": ["What can be promised"],
        "Catalogue": ["SKUs", "Products", "Categories", "Lots"],
        "Places": ["Warehouses", "Rooms", "Bins"],
    },
}


@pytest.mark.parametrize("role", SIDEBARS)
def test_each_role_finds_what_it_needs_and_nothing_else(
    house: House, logged_in: type[_Browser], role: str
) -> None:
    browser = logged_in(factories.make_person("somebody@acme.example", {house.organization: [role]}))
    groups = browser.get(reverse("admin:notices")).context["sidebar_navigation"]
    found = {group["title"]: [entry["title"] for entry in group["items"]] for group in groups}
    assert found == SIDEBARS[role]


@pytest.mark.parametrize("role", SIDEBARS)
def test_whatever_the_sidebar_shows_opens(house: House, logged_in: type[_Browser], role: str) -> None:
    browser = logged_in(factories.make_person("somebody@acme.example", {house.organization: [role]}))
    groups = browser.get(reverse("admin:notices")).context["sidebar_navigation"]
    # Whoever only counts is led on from the overview.
    led_on = {"Overview"} if role == "Counter" else set()
    refused = {
        entry["title"]: answer.status_code
        for group in groups
        for entry in group["items"]
        if (answer := browser.get(entry["link"])).status_code != 200 and entry["title"] not in led_on
    }
    assert refused == {}
