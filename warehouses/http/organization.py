"""The organization a signed-in person works in: chosen once, kept in the session, checked again on every request.

`request.organization` and `request.access` are lazy in pages and admin: requests that ask for neither cost no query. A
lazy object is never `is None`; test its truth, or call `organization_of` and `access_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from warehouses.access import Access, access_of_user, organizations_of
from warehouses.models import Organization, User
from warehouses.refusals import Forbidden, NotFound
from warehouses.row_security import across_organizations, work_in

__all__ = [
    "SESSION_KEY",
    "OrganizationMiddleware",
    "access_of",
    "choose_organization",
    "forget_organization",
    "found_access",
    "organization_of",
    "remember_access",
    "require_access",
]

SESSION_KEY = "organization_id"

_ORGANIZATION = "_tallyhouse_organization"
_ACCESS = "_tallyhouse_access"


class OrganizationMiddleware:
    """Goes inside Django's AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.organization = SimpleLazyObject(lambda: organization_of(request))  # type: ignore[attr-defined]
        request.access = SimpleLazyObject(lambda: access_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def choose_organization(request: HttpRequest, organization: Organization) -> None:
    """Work in `organization` from now on. Raises NotFound `ORGANIZATION_NOT_FOUND` where the person does not belong."""
    user = _person(request)
    with across_organizations("looks whether an organization is one of the person's"):
        is_theirs = user is not None and organizations_of(user).filter(pk=organization.pk).exists()
    if not is_theirs:
        raise NotFound("ORGANIZATION_NOT_FOUND", "There is no such organization.")
    request.session[SESSION_KEY] = str(organization.pk)
    _forget_found(request)


def forget_organization(request: HttpRequest) -> None:
    """Work in none: a superuser then sees no organization's data until another is chosen."""
    request.session.pop(SESSION_KEY, None)
    _forget_found(request)


def organization_of(request: HttpRequest) -> Organization | None:
    """The organization that the signed-in person works in, or None.

    It is the one chosen, as long as the person still belongs to it; else the only one they belong to. A superuser, who
    belongs to all, has to choose. One query, two where the choice is void.
    """
    if not hasattr(request, _ORGANIZATION):
        with across_organizations("finds the organization that a person works in"):
            chosen = _find_organization(request)
        setattr(request, _ORGANIZATION, chosen)
        work_in(chosen.pk if chosen is not None else None)
    found: Organization | None = getattr(request, _ORGANIZATION)
    return found


def access_of(request: HttpRequest) -> Access | None:
    """What the caller may do in the organization they work in, or None without one."""
    if not hasattr(request, _ACCESS):
        user, organization = _person(request), organization_of(request)
        found = access_of_user(user, organization) if user is not None and organization is not None else None
        setattr(request, _ACCESS, found)
    access: Access | None = getattr(request, _ACCESS)
    return access


def require_access(request: HttpRequest) -> Access:
    """`access_of`, or Forbidden `ORG_CONTEXT_REQUIRED`."""
    access = access_of(request)
    if access is None:
        raise Forbidden("ORG_CONTEXT_REQUIRED", "Choose the organization to work in first.")
    return access


def remember_access(request: HttpRequest, access: Access) -> None:
    """Let a credential other than the session decide for this request."""
    work_in(access.organization.pk)
    setattr(request, _ORGANIZATION, access.organization)
    setattr(request, _ACCESS, access)
    request.organization = access.organization  # type: ignore[attr-defined]
    request.access = access  # type: ignore[attr-defined]


def found_access(request: HttpRequest) -> Access | None:
    """The access that somebody has asked for earlier in this request; looks nothing up."""
    return getattr(request, _ACCESS, None)


def _find_organization(request: HttpRequest) -> Organization | None:
    user = _person(request)
    if user is None:
        return None
    mine = organizations_of(user)
    chosen = _uuid(request.session.get(SESSION_KEY))
    if chosen is not None:
        organization = mine.filter(pk=chosen).first()
        if organization is not None:
            return organization
    if user.is_superuser:
        return None
    candidates = list(mine.order_by("pk")[:2])
    return candidates[0] if len(candidates) == 1 else None


def _person(request: HttpRequest) -> User | None:
    user = getattr(request, "user", None)
    return user if isinstance(user, User) and user.is_authenticated else None


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None


def _forget_found(request: HttpRequest) -> None:
    for name in (_ORGANIZATION, _ACCESS):
        if hasattr(request, name):
            delattr(request, name)
    request.organization = SimpleLazyObject(lambda: organization_of(request))  # type: ignore[attr-defined]
    request.access = SimpleLazyObject(lambda: access_of(request))  # type: ignore[attr-defined]
