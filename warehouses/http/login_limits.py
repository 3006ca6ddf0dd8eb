"""Guessing passwords is slow: so many attempts to log in for each account, and so many failures from each address.

Both are counted where the API's limits are. What is counted is never the address that was typed in, which may be a
password in the wrong field, but a hash of it. Accounts that do not exist are counted like those that do, so that the
answer says nothing about which there are.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from limits import RateLimitItemPerMinute

from warehouses.http import throttling

__all__ = ["FAILURES_OF_AN_ADDRESS", "MINUTES", "TRIES_OF_AN_ACCOUNT", "LimitedLogin", "as_paused"]

MINUTES: Final = 15
#: In so many minutes, wherever they come from. A person who succeeds begins anew.
TRIES_OF_AN_ACCOUNT: Final = 10
#: Over all accounts. Whole offices have one address, so it is failures that count, and many of them.
FAILURES_OF_AN_ADDRESS: Final = 100

_CODE = "paused"
_ACCOUNT = RateLimitItemPerMinute(TRIES_OF_AN_ACCOUNT, MINUTES, namespace="LOGIN")
_ADDRESS = RateLimitItemPerMinute(FAILURES_OF_AN_ADDRESS, MINUTES, namespace="LOGIN")

_log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    _Form = AuthenticationForm
else:
    _Form = object


class LimitedLogin(_Form):
    """Goes in front of an AuthenticationForm. While a login is paused the password is not looked at."""

    def clean(self) -> dict[str, Any]:
        account = _account(str(self.cleaned_data.get("username") or ""))
        address = _address(self.request)
        # Counted before the password is looked at: of a hundred attempts at once, no more get through than of a row.
        wait = _wait(_ACCOUNT, account, is_try=True)
        if address:
            wait = max(wait, _wait(_ADDRESS, address, is_try=False))
        if wait:
            _log.warning("login.paused", account=account, address=address, seconds=wait)
            minutes = math.ceil(wait / 60)
            raise ValidationError(
                f"There were too many attempts to log in. Wait {minutes} minute{'s' if minutes > 1 else ''}, then try"
                " again.",
                code=_CODE,
            )
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            if address:
                throttling.ask(lambda limiter: limiter.hit(_ADDRESS, address), otherwise=True)
            _log.info("login.failed", account=account, address=address)
            raise
        throttling.ask(lambda limiter: limiter.clear(_ACCOUNT, account), otherwise=None)
        return cleaned


def as_paused(response: HttpResponseBase) -> HttpResponseBase:
    """The answer of a login view with the status 429 where its form was paused; else as it is."""
    form = (getattr(response, "context_data", None) or {}).get("form")
    if form is not None and form.is_bound and form.has_error("__all__", _CODE):
        response.status_code = 429
        response.headers["Retry-After"] = str(MINUTES * 60)
    return response


def _wait(item: RateLimitItemPerMinute, identity: str, *, is_try: bool) -> int:
    """Seconds until there may be another attempt; 0 for now. `is_try` counts this one."""

    def seconds(limiter: Any) -> int:
        if limiter.hit(item, identity) if is_try else limiter.test(item, identity):
            return 0
        return max(1, math.ceil(limiter.get_window_stats(item, identity).reset_time - time.time()))

    return throttling.ask(seconds, otherwise=0)


def _account(typed: str) -> str:
    return hashlib.sha256(typed.strip().casefold().encode("utf-8", "replace")).hexdigest()[:32]


def _address(request: HttpRequest | None) -> str:
    """Where a request comes from, a network of 64 bits for IPv6; empty where that cannot be told.

    Behind a proxy it is what the proxy has added to X-Forwarded-For, its last entry. Without one, the address would be
    the proxy's, and one who guesses would shut everybody out.
    """
    if request is None:
        return ""
    text = str(request.META.get("REMOTE_ADDR") or "")
    if settings.BEHIND_PROXY:
        text = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
