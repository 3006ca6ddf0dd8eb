"""Who is calling an API view: an API key if one is shown, else the browser's session. A key never falls back."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from warehouses.access import access_of_key
from warehouses.http.credentials import identify
from warehouses.http.faults import RequestFault
from warehouses.http.organization import remember_access, require_access
from warehouses.http.throttling import count_failed_authentication
from warehouses.keys import touch
from warehouses.models import ApiKey, User

__all__ = ["KeyAuthentication", "SessionAuthentication"]


class KeyAuthentication(authentication.BaseAuthentication):
    """`X-API-Key: KEY`, `Authorization: Bearer KEY` or `Authorization: KEY`; sessions and CSRF play no part.

    `request.user` is anonymous: what a caller may do hangs on `request.access` alone.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        plain: HttpRequest = request._request
        credential = identify(plain)
        if not credential.is_key:
            return None
        if credential.key is None:
            count_failed_authentication(plain)
            raise AuthenticationFailed(credential.fault)
        touch(credential.key)
        remember_access(plain, access_of_key(credential.key))
        return AnonymousUser(), credential.key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="tallyhouse"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a signed-in person, always with CSRF, in the organization they chose.

    Raises Forbidden `ORG_CONTEXT_REQUIRED` (403) when none is chosen and there is not exactly one to take.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user: Any = getattr(request._request, "user", None)
        if user is None or not user.is_authenticated or not user.is_active:
            return None
        self.enforce_csrf(request)
        remember_access(request._request, require_access(request._request))
        return user, None

    def enforce_csrf(self, request: Request) -> None:
        check = authentication.CSRFCheck(lambda _request: HttpResponse())
        # Not DRF's request: it would parse the body, looking for a token in a form.
        check.process_request(request._request)
        # DRF's check returns the reason instead of an answer.
        reason: Any = check.process_view(request._request, HttpResponse, (), {})
        if reason:
            raise RequestFault(
                403, "CSRF_FAILED", f"The request does not prove that it comes from our own pages: {reason}"
            )
