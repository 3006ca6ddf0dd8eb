"""The views of a page as tabs: those that it is shipped with, one's own, and those that others share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from django.http import QueryDict

from warehouses.access import Access
from warehouses.models import SavedView
from warehouses.page_preferences import keep_preferences
from warehouses.refusals import InvalidInput
from warehouses.role_starts import RoleChoice, role_choices, role_start, set_role_starts
from warehouses.saved_views import change_view, delete_view, find_view, save_view

__all__ = [
    "EVERYTHING",
    "PageViews",
    "ShippedView",
    "Tab",
    "keep_view",
    "page_views",
    "start_key",
    "start_of",
]


@dataclass(frozen=True, slots=True)
class ShippedView:
    """A view that everybody has from the first day on."""

    key: str
    name: str
    query: str


EVERYTHING: Final = ShippedView("all", "All", "")


@dataclass(frozen=True, slots=True)
class Tab:
    view: ShippedView | SavedView
    key: str
    address: str
    is_current: bool

    @property
    def name(self) -> str:
        return self.view.name

    @property
    def is_shared(self) -> bool:
        return isinstance(self.view, SavedView) and self.view.is_shared


@dataclass(frozen=True, slots=True)
class PageViews:
    """What `warehouses/admin/view_tabs.html` shows. `current` is the tab that is open, `is_changed` since it was
    opened; `is_start`: the page begins with it. `roles` are who can be made to begin with it too, where the person may
    say so. `back` is the query that a new view keeps, `post_url` where it is sent.
    """

    tabs: list[Tab]
    current: Tab | None
    is_changed: bool
    is_own: bool
    is_start: bool
    roles: list[RoleChoice]
    back: str
    post_url: str


def page_views(
    *,
    access: Access,
    saved: Sequence[SavedView],
    shipped: Sequence[ShippedView],
    query: str,
    named: str,
    start: str,
    address: Callable[[str, str], str],
    post_url: str,
) -> PageViews:
    """The tabs of a page that shows `query`. `named` is the view that its address names, `start` the one that the
    person begins with; `address` makes an address of a query and a view's key.
    """
    views: list[ShippedView | SavedView] = [*shipped, *saved]
    chosen = next((view for view in views if _key(view) == named), None)
    if chosen is None:
        chosen = next((view for view in views if _same(view.query, query)), None)
    tabs = [Tab(view, _key(view), address(view.query, _key(view)), view is chosen) for view in views]
    current = next((tab for tab in tabs if tab.is_current), None)
    return PageViews(
        tabs=tabs,
        current=current,
        is_changed=chosen is not None and not _same(chosen.query, query),
        is_own=isinstance(chosen, SavedView) and chosen.owner_id == access.actor.id,
        is_start=current is not None and current.key == (start or _key(views[0])),
        roles=role_choices(access=access, view=chosen) if isinstance(chosen, SavedView) else [],
        back=query,
        post_url=post_url,
    )


def start_key(own: Mapping[str, Any], *, access: Access, page: str, saved: Sequence[SavedView]) -> str:
    """The key of the view that a page begins with: what the person has chosen, else what their role has."""
    return str(own.get("start", "")) or role_start(access=access, page=page, saved=saved)


def start_of(
    start: str, *, saved: Sequence[SavedView], shipped: Sequence[ShippedView]
) -> ShippedView | SavedView | None:
    """The view that a person begins a page with; None where it is gone, or is everything anyway."""
    views: list[ShippedView | SavedView] = [*shipped, *saved]
    found = next((view for view in views if _key(view) == start), None)
    return found if found is not None and found.query else None


def keep_view(*, access: Access, page: str, post: QueryDict, query: str) -> tuple[str, str]:
    """Do with the views of a page what a form says: the key of the view that is open then, and what to say.

    Raises what `warehouses.saved_views` and `warehouses.role_starts` raise.
    """
    deed = post.get("do", "")
    if deed == "save_as":
        name, is_shared = post.get("name", ""), "is_shared" in post
        made = save_view(access=access, page=page, name=name, query=query, is_shared=is_shared)
        return made.public_id, f"“{made.name}” is saved."
    key = post.get("view", "")
    if deed == "start":
        keep_preferences(access=access, page=page, start=key[:64] or None)
        return key, "The page begins with this view from now on."
    if deed == "roles":
        set_for = set_role_starts(access=access, page=page, view=key, roles=post.getlist("role"))
        return key, f"It is kept which roles begin this page with “{set_for.name}”."
    view = find_view(access=access, page=page, public_id=key)
    if deed == "save":
        change_view(access=access, view=view, query=query)
        return key, f"“{view.name}” is saved with these filters."
    if deed == "share":
        changed = change_view(access=access, view=view, is_shared=not view.is_shared)
        return key, f"“{view.name}” is {'seen by everybody' if changed.is_shared else 'yours alone'} now."
    if deed == "delete":
        delete_view(access=access, view=view)
        return "", f"“{view.name}” is deleted."
    raise InvalidInput("UNKNOWN_ACT", "Choose what is to be done with the view.")


def _key(view: Any) -> str:
    return view.public_id if isinstance(view, SavedView) else str(view.key)


def _same(one: str, other: str) -> bool:
    return sorted(parse_qsl(one)) == sorted(parse_qsl(other))
