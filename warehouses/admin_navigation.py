"""The sidebar, declared by each app in its own `admin_navigation.GROUPS`.

The setting ADMIN_NAVIGATION lists the dotted paths of these in the order in which they are shown, and
`UNFOLD["SIDEBAR"]["navigation"]` is "warehouses.admin_navigation.navigation". Titles and icons are written by us:
the theme prints them without escaping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string

__all__ = ["GROUPS", "Group", "Item", "navigation"]


@dataclass(frozen=True, slots=True)
class Item:
    """An entry for a model's list (`model`, as in "warehouses.bin") or for a page of its own (`url`, a URL's name).

    A model's entry is shown to those who may see its list; a page's to those for whom `shown` says so.
    `badge` is the dotted path of a function of the request. `description` is printed on the overview.
    """

    title: str
    icon: str
    model: str = ""
    url: str = ""
    description: str = ""
    shown: Callable[[HttpRequest], bool] | None = None
    badge: str | None = None

    def is_shown(self, request: HttpRequest) -> bool:
        if self.shown is not None and not self.shown(request):
            return False
        if not self.model:
            return True
        registered = admin.site._registry.get(apps.get_model(self.model))
        return registered is not None and registered.has_view_permission(request)

    def link(self) -> str:
        if self.model:
            app_label, name = self.model.lower().split(".")
            return reverse(f"admin:{app_label}_{name}_changelist")
        return reverse(self.url)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    items: tuple[Item, ...]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's sidebar for this person: the groups of ADMIN_NAVIGATION with the entries that they may open."""
    groups: list[dict[str, Any]] = [{"title": None, "items": [_overview()]}]
    for path in settings.ADMIN_NAVIGATION:
        declared: Iterable[Group] = import_string(path)
        for group in declared:
            items = [_entry(item) for item in group.items if item.is_shown(request)]
            if items:
                groups.append({"title": group.title, "items": items})
    return groups


def _overview() -> dict[str, Any]:
    return {"title": "Overview", "icon": "home", "link": reverse("admin:index")}


def _entry(item: Item) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "title": item.title,
        "icon": item.icon,
        "link": item.link(),
        "description": item.description,
    }
    if item.badge:
        entry["badge"] = item.badge
    return entry


GROUPS = (
    Group(
        "Places",
        (
            Item("Warehouses", "warehouse", "warehouses.warehouse", description="Where the stock is"),
            Item("Rooms", "meeting_room", "warehouses.room", description="Zones, and what they are for"),
            Item("Bins", "shelves", "warehouses.bin", description="Shelf positions and the pickers' walk"),
        ),
    ),
    Group(
        "Organization",
        (
            Item("People", "group", "warehouses.membership", description="Members and their roles"),
            Item("Invitations", "mail", "warehouses.invitation", description="Who was asked to join"),
            Item("API keys", "key", "warehouses.apikey", description="Access for integrations"),
            Item("Settings", "tune", "warehouses.organization", description="Time zone, currency, defaults"),
        ),
    ),
    Group(
        "Installation",
        (
            Item("Accounts", "manage_accounts", "warehouses.user", description="Everyone who can log in"),
            Item("Roles", "badge", "auth.group", description="What each role may do"),
        ),
    ),
)
