"""The filters that people keep of a page, under a name, for themselves or for everybody in the organization.

A view belongs to the person who saved it: nobody else changes or deletes it, shared or not.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.identifiers import decode
from warehouses.models import SavedView
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound

__all__ = ["MOST_VIEWS", "change_view", "delete_view", "find_view", "save_view", "visible_views"]

#: Of one person on one page: they are shown as tabs.
MOST_VIEWS: Final = 20
_LONGEST_NAME: Final = 60
_LONGEST_QUERY: Final = 2000


def visible_views(*, access: Access, page: str) -> list[SavedView]:
    """The caller's own views of a page and those that others share, by name. One query."""
    rows = SavedView.objects.for_organization(access.organization).filter(page=page)
    return list(rows.filter(_seen_by(access)).select_related("owner").order_by(Lower("name"), "pk"))


def find_view(*, access: Access, page: str, public_id: str) -> SavedView:
    """A view of the page that the caller sees. Raises NotFound `SAVED_VIEW_NOT_FOUND`."""
    key = decode(SavedView.prefix, public_id)
    rows = SavedView.objects.for_organization(access.organization).filter(_seen_by(access), page=page)
    found = rows.filter(pk=key).select_related("owner").first() if key is not None else None
    if found is None:
        raise _not_found()
    return found


def save_view(*, access: Access, page: str, name: str, query: str, is_shared: bool = False) -> SavedView:
    """Keep `query` under a new name.

    Raises Forbidden `PERSON_REQUIRED` (a key has no views), InvalidInput `INVALID_NAME` or `INVALID_QUERY`, Conflict
    `NAME_TAKEN` where the caller has a view of that name, in whatever case, Conflict `TOO_MANY_VIEWS`.
    """
    owner = _person(access)
    view = SavedView(
        organization=access.organization,
        owner_id=owner,
        page=page,
        name=_checked_name(name),
        query=_checked_query(query),
        is_shared=is_shared,
    )
    mine = SavedView.objects.filter(organization=access.organization, owner=owner, page=page)
    if mine.count() >= MOST_VIEWS:
        raise Conflict("TOO_MANY_VIEWS", f"You keep {MOST_VIEWS} views of this page: delete one first.")
    return _written(view)


def change_view(
    *,
    access: Access,
    view: SavedView,
    name: str | None = None,
    query: str | None = None,
    is_shared: bool | None = None,
) -> SavedView:
    """Change what is given of the caller's own view; no role begins a page with one that is not shared.

    Raises NotFound, Forbidden and what `save_view` raises.
    """
    own = _own(access, view)
    own.name = own.name if name is None else _checked_name(name)
    own.query = own.query if query is None else _checked_query(query)
    own.is_shared = own.is_shared if is_shared is None else is_shared
    if not own.is_shared:
        own.role_starts.all().delete()  # nobody else sees it any more
    return _written(own)


def delete_view(*, access: Access, view: SavedView) -> None:
    """Raises NotFound `SAVED_VIEW_NOT_FOUND`, Forbidden `NOT_YOUR_VIEW`."""
    _own(access, view).delete()


def _seen_by(access: Access) -> Q:
    seen = Q(is_shared=True)
    if access.actor.type == ActorType.USER:
        seen |= Q(owner=access.actor.id)
    return seen


def _person(access: Access) -> UUID:
    if access.actor.type != ActorType.USER or access.actor.id is None:
        raise Forbidden("PERSON_REQUIRED", "Only a person keeps views.")
    return access.actor.id


def _own(access: Access, view: SavedView) -> SavedView:
    """The view as it is now, held until the transaction ends."""
    with transaction.atomic():
        rows = SavedView.objects.select_for_update(of=("self",)).for_organization(access.organization)
        found = rows.filter(_seen_by(access), pk=view.pk).first()
    if found is None:
        raise _not_found()
    if found.owner_id != _person(access):
        raise Forbidden(
            "NOT_YOUR_VIEW", f"“{found.name}” is somebody else's: save it under a name of your own."
        )
    return found


def _written(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise Conflict("NAME_TAKEN", f"You have a view “{view.name}” already.") from error
    return view


def _checked_name(name: str) -> str:
    told = " ".join(name.replace("\x00", "").split())
    if not 1 <= len(told) <= _LONGEST_NAME:
        raise InvalidInput("INVALID_NAME", f"Give the view a name of up to {_LONGEST_NAME} characters.")
    return told


def _checked_query(query: str) -> str:
    if len(query) > _LONGEST_QUERY or "\x00" in query:
        raise InvalidInput("INVALID_QUERY", "These filters are too long to be kept.")
    return query


def _not_found() -> NotFound:
    return NotFound("SAVED_VIEW_NOT_FOUND", "There is no such view.")
