"""`/admin/people/`: who has which role where, in one table; and the page of one member, where that is changed.

Only for whoever manages the whole organization. Everything is written through `warehouses.people`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.decorators.http import require_http_methods, require_safe

from warehouses import people as members
from warehouses import transactions
from warehouses.access import Access
from warehouses.delegation import MANAGE
from warehouses.http.organization import access_of
from warehouses.identifiers import decode
from warehouses.models import (
    Invitation,
    Membership,
    OrganizationUserPermission,
    RoleAssignment,
    Warehouse,
    WarehouseUserPermission,
)
from warehouses.permissions import DESCRIPTIONS, ROLES, expand
from warehouses.refusals import Refusal
from warehouses.roles import vocabulary

__all__ = ["member", "people"]

_ROWS: Final = 100
_INVITED: Final = 50


@dataclass(frozen=True, slots=True)
class Right:
    """A permission in words, and the roles that have it, in the order of the table's columns."""

    text: str
    held: tuple[bool, ...]


class Roles:
    """The installation's roles and what each gives. Two queries."""

    @cached_property
    def all(self) -> list[Group]:
        """As they are known: from the one who may do everything down; those that an operator made come last."""
        order = {name: place for place, name in enumerate(ROLES)}
        rows = Group.objects.prefetch_related("permissions")
        return sorted(rows, key=lambda role: (order.get(role.name, len(order)), role.name))

    @cached_property
    def permissions(self) -> dict[int, frozenset[str]]:
        names = vocabulary()
        return {
            role.pk: expand(names[each.codename] for each in role.permissions.all() if each.codename in names)
            for role in self.all
        }

    @property
    def rights(self) -> list[Right]:
        return [
            Right(text, tuple(name in self.permissions[role.pk] for role in self.all))
            for name, text in DESCRIPTIONS.items()
        ]

    def may_grant(self, access: Access, role: Group, place: UUID | None) -> bool:
        """Whether the caller has all that the role gives, there (`warehouses.delegation.may_grant_role`)."""
        given = self.permissions[role.pk]
        if place is None:
            return all(access.everywhere(name) for name in given)
        return all(access.covers(name, place) for name in given)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """The members by e-mail address, `after` the one that a page ended with, and the invitations that are open."""
    access = _manager(request)
    after = request.GET.get("after", "").replace("\x00", "")
    rows = _members(access)
    if after:
        rows = rows.filter(user__email__gt=after)
    found = list(rows[: _ROWS + 1])
    invited = Invitation.objects.for_organization(access.organization).pending()
    context = {
        **admin.site.each_context(request),
        "title": "People",
        "members": found[:_ROWS],
        "after": found[_ROWS - 1].user.email if len(found) > _ROWS else "",
        "is_later": bool(after),
        "invitations": list(
            invited.filter(expires_at__gt=timezone.now()).select_related("role", "warehouse")[:_INVITED]
        ),
        "roles": Roles(),
        "me": request.user.pk,
    }
    return TemplateResponse(request, "warehouses/admin/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, public_id: str) -> HttpResponse:
    """One member: a box for each role in each place. POST `act`: save, suspend, restore or remove."""
    access = _manager(request)
    key = decode(Membership.prefix, public_id)
    found = _members(access).filter(pk=key).first() if key is not None else None
    if found is None:
        raise Http404
    roles = Roles()
    places = list(Warehouse.objects.filter(organization=access.organization).order_by("name", "pk"))
    held = {(row.role_id, row.warehouse_id): row for row in found.role_assignments.all()}
    wanted = set(held)
    problem = ""
    if request.method == "POST":
        try:
            if request.POST.get("act", "save") == "save":
                wanted = _chosen(request, roles, places)
            return _acted(request, access, found, roles, places, held, wanted)
        except Refusal as refusal:
            problem = refusal.detail
    context = {
        **admin.site.each_context(request),
        "title": found.user.get_full_name(),
        "member": found,
        "roles": roles.all,
        "grid": [_grid_row(access, roles, place, held=set(held), wanted=wanted) for place in (None, *places)],
        "problem": problem,
        "is_me": found.user_id == request.user.pk,
        "back": reverse("admin:people"),
    }
    return TemplateResponse(request, "warehouses/admin/person.html", context, status=422 if problem else 200)


def _manager(request: HttpRequest) -> Access:
    access = access_of(request)
    if access is None or not access.everywhere(MANAGE):
        raise PermissionDenied
    return access


def _members(access: Access) -> QuerySet[Any]:
    """With their roles, and with how many permissions they have beside them (`extra`)."""
    roles = RoleAssignment.objects.select_related("role", "warehouse").order_by(
        "role__name", "warehouse__name"
    )
    everywhere = OrganizationUserPermission.objects.filter(
        user=OuterRef("user"), content_object=access.organization
    )
    somewhere = WarehouseUserPermission.objects.filter(
        user=OuterRef("user"), content_object__organization=access.organization
    )
    return (
        Membership.objects.filter(organization=access.organization)
        .select_related("user")
        .prefetch_related(Prefetch("role_assignments", roles))
        .annotate(extra_everywhere=_count(everywhere), extra_somewhere=_count(somewhere))
        .order_by("user__email")
    )


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("user").annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


Cell = tuple[int, UUID | None]


@dataclass(frozen=True, slots=True)
class Box:
    role: Group
    name: str
    is_checked: bool
    #: What one does not have oneself cannot be given; what is there can be taken.
    is_fixed: bool


def _grid_row(
    access: Access, roles: Roles, place: Warehouse | None, *, held: set[Cell], wanted: set[Cell]
) -> dict[str, Any]:
    key = place.pk if place else None
    boxes = [
        Box(
            role,
            _box_name(role, place),
            (role.pk, key) in wanted,
            (role.pk, key) not in held and not roles.may_grant(access, role, key),
        )
        for role in roles.all
    ]
    return {"place": place, "boxes": boxes}


def _box_name(role: Group, place: Warehouse | None) -> str:
    return f"{role.pk}:{place.public_id if place else 'everywhere'}"


def _chosen(request: HttpRequest, roles: Roles, places: list[Warehouse]) -> set[Cell]:
    """The boxes that are checked. Another organization's warehouse has none, and is not looked at."""
    names = {
        _box_name(role, place): (role.pk, place.pk if place else None)
        for role in roles.all
        for place in (None, *places)
    }
    return {names[name] for name in request.POST.getlist("role") if name in names}


def _acted(
    request: HttpRequest,
    access: Access,
    found: Membership,
    roles: Roles,
    places: list[Warehouse],
    held: dict[Cell, RoleAssignment],
    wanted: set[Cell],
) -> HttpResponse:
    given: dict[str, Any] = {"organization": access.organization, "actor": access.actor, "access": access}
    name = found.user.get_full_name()
    act = request.POST.get("act", "save")
    if act == "suspend":
        members.suspend_member(**given, membership=found)
        messages.success(request, f"{name} is suspended: nothing here is open to them from now on.")
    elif act == "restore":
        members.restore_member(**given, membership=found)
        messages.success(request, f"{name} is let in again.")
    elif act == "remove":
        members.remove_member(**given, membership=found)
        messages.success(request, f"{name} is no member any more.")
        return redirect("admin:people")
    elif act == "save":
        by_key = {role.pk: role for role in roles.all}
        place_of = {place.pk: place for place in places}

        def work() -> None:
            # First what is given: an owner may become something else as long as somebody stays owner.
            for role, place in sorted(wanted - held.keys(), key=str):
                where = place_of[place] if place else None
                members.assign_role(**given, membership=found, role=by_key[role], warehouse=where)
            for cell in held.keys() - wanted:
                members.withdraw_role(**given, assignment=held[cell])

        transactions.run(work)
        messages.success(request, f"Saved what {name} may do.")
    else:
        raise BadRequest("A member is saved, suspended, restored or removed.")
    return redirect("admin:person", found.public_id)
