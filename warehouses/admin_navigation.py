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

from warehouses.delegation import MANAGE
from warehouses.http.organization import access_of

__all__ = ["GROUPS", "Group", "Item", "navigation"]


@dataclass(frozen=True, slots=True)
class Item:
    """An entry for a model's list (`model`, as in "warehouses.bin") or for a page of its own (`url`, a URL's name).

    A model's entry is shown to those who may see its list, and only if `shown`, where given, agrees; a page's to those
    for whom `shown` says so. `target` is for an entry whose address depends on the person.
    `badge` is the dotted path of a function of the request, whose answer stands beside the entry unless it is empty.
    `description` is printed on the overview. With `key`, a letter of its own, `g` and then that letter goes there.
    """

    title: str
    icon: str
    model: str = ""
    url: str = ""
    description: str = ""
    shown: Callable[[HttpRequest], bool] | None = None
    target: Callable[[HttpRequest], str] | None = None
    badge: str | None = None
    key: str = ""

    def is_shown(self, request: HttpRequest) -> bool:
        if self.shown is not None and not self.shown(request):
            return False
        if not self.model:
            return True
        registered = admin.site._registry.get(apps.get_model(self.model))
        return registered is not None and registered.has_view_permission(request)

    def link(self, request: HttpRequest) -> str:
        if self.target is not None:
            return self.target(request)
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
            items = [_entry(item, request) for item in group.items if item.is_shown(request)]
            if items:
                groups.append({"title": group.title, "items": items})
    _mark_active(groups, request.path)
    return groups


def _mark_active(groups: Iterable[dict[str, Any]], path: str) -> None:
    """One entry at most, the one whose address is nearest: the theme would mark each that the path begins with."""
    index = reverse("admin:index")
    entries = [entry for group in groups for entry in group["items"]]
    nearest = max(
        (entry["link"] for entry in entries if path.startswith(entry["link"]) and entry["link"] != index),
        key=len,
        default=path,
    )
    for entry in entries:
        entry["active"] = entry["link"] == nearest


def _overview() -> dict[str, Any]:
    return {"title": "Overview", "icon": "home", "link": reverse("admin:index"), "key": "h"}


def _entry(item: Item, request: HttpRequest) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "title": item.title,
        "icon": item.icon,
        "link": item.link(request),
        "description": item.description,
        "key": item.key,
    }
    if item.badge and (told := import_string(item.badge)(request)):
        # Printed as it is: the theme would print a function's answer also where there is nothing to tell.
        entry |= {"badge": str(told), "badge_variant": "warning"}
    return entry


def _has_organization(request: HttpRequest) -> bool:
    return access_of(request) is not None


def _manages_people(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.everywhere(MANAGE)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def _own_settings(request: HttpRequest) -> str:
    access = access_of(request)
    if access is None:
        return reverse("admin:warehouses_organization_changelist")
    return reverse("admin:warehouses_organization_change", args=(access.organization.pk,))


GROUPS = (
    Group(
        "Places",
        (
            Item("Warehouses", "warehouse", "warehouses.warehouse", description="Where the stock is"),
            Item("Rooms", "meeting_room", "warehouses.room", description="Zones, and what they are for"),
            Item(
                "Bins",
                "shelves",
                "warehouses.bin",
                description="Shelf positions and the pickers' walk",
                key="b",
            ),
        ),
    ),
    Group(
        "Organization",
        (
            Item(
                "People",
                "group",
                url="admin:people",
                description="Who may do what, and where",
                shown=_manages_people,
                key="p",
            ),
            Item("Roles", "badge", "auth.group", description="What each role may do"),
            Item("Invitations", "mail", "warehouses.invitation", description="Who was asked to join"),
            Item("API keys", "key", "warehouses.apikey", description="Access for integrations"),
            Item(
                "Settings",
                "tune",
                "warehouses.organization",
                description="Time zone, currency, defaults",
                shown=_has_organization,
                target=_own_settings,
            ),
        ),
    ),
    Group(
        "Installation",
        (
            Item(
                "Organizations",
                "domain",
                "warehouses.organization",
                description="All tenants of this installation",
                shown=_is_superuser,
            ),
            Item("Accounts", "manage_accounts", "warehouses.user", description="Everyone who can log in"),
        ),
    ),
)
