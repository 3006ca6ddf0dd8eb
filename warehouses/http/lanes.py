"""Middleware that requests to the HTTP API with a key do not pay for: sessions, people and messages.

A key decides alone who is calling, and never falls back on a session (`http.authentication`); so none of these has
anything to do for such a request. Whoever shows no key, or asks for a page, goes through all of them as ever.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import middleware as people
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest

from warehouses.http import organization

__all__ = [
    "AuthenticationMiddleware",
    "MessageMiddleware",
    "OrganizationMiddleware",
    "SessionMiddleware",
    "is_keyed",
]

#: Where the contracts answer: at their documented paths, and each under its own name, beside which are pages.
_PREFIXES = ("/api/", *(f"/{name}/api/" for name in getattr(settings, "API_CONTRACTS", ())))


def is_keyed(request: HttpRequest) -> bool:
    """Whether the request goes to a contract and shows a key, good or bad, in one of the documented headers."""
    headers = request.META
    return ("HTTP_X_API_KEY" in headers or "HTTP_AUTHORIZATION" in headers) and request.path_info.startswith(
        _PREFIXES
    )


class _ForPages:
    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if is_keyed(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class SessionMiddleware(_ForPages, sessions.SessionMiddleware):
    """Django's."""


class AuthenticationMiddleware(_ForPages, people.AuthenticationMiddleware):
    """Django's."""


class OrganizationMiddleware(_ForPages, organization.OrganizationMiddleware):
    """`warehouses.http.organization`'s."""


class MessageMiddleware(_ForPages, messages.MessageMiddleware):
    """Django's."""
