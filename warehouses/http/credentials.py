"""Which credential a request carries: read once, before anything else needs it, and kept on the request.

The dispatcher asks for the header form and the key's pinned contract before DRF runs; authentication then asks
again and gets the same answer without another query.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from django.http import HttpRequest

from warehouses.keys import find_key
from warehouses.models import ApiKey
from warehouses.row_security import across_organizations, work_in

__all__ = ["Credential", "Form", "found_credential", "identify"]

_ATTRIBUTE = "_tallyhouse_credential"


class Form(Enum):
    """How the caller shows who it is. The forms differ only in the contract they lead to on shared paths."""

    X_API_KEY = "x-api-key"
    BEARER = "bearer"
    PLAIN = "plain"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Credential:
    """`key` is live, or None: then `fault` says why the header opens nothing, unless there is no header at all."""

    form: Form
    key: ApiKey | None = None
    fault: str = ""

    @property
    def is_key(self) -> bool:
        """Whether a key was shown, good or bad: it then decides, and a session is not looked at."""
        return self.form is not Form.NONE

    @property
    def contract(self) -> str:
        """The contract that the key is pinned to, or an empty string."""
        return self.key.contract if self.key else ""


def identify(request: HttpRequest) -> Credential:
    """The request's credential. One query when a well-formed key is shown, else none; never raises for a bad key."""
    found = found_credential(request)
    if found is None:
        found = _read(request)
        setattr(request, _ATTRIBUTE, found)
    return found


def found_credential(request: HttpRequest) -> Credential | None:
    """What `identify` found earlier in this request, if anybody has asked."""
    return getattr(request, _ATTRIBUTE, None)


def _read(request: HttpRequest) -> Credential:
    shown: list[tuple[Form, str]] = []
    if "X-API-Key" in request.headers:
        shown.append((Form.X_API_KEY, request.headers["X-API-Key"].strip()))
    if "Authorization" in request.headers:
        shown.append(_authorization(request.headers["Authorization"].strip()))
    if not shown:
        return Credential(Form.NONE)
    form = shown[0][0]
    if len({text for _, text in shown}) > 1:
        return Credential(form, fault="Two different keys were sent.")
    with across_organizations("finds a key by its text"):
        key = find_key(shown[0][1])
    if key is None:
        return Credential(form, fault="The API key is not valid, not any more, or not yet known here.")
    work_in(key.organization_id)
    return Credential(form, key)


def _authorization(value: str) -> tuple[Form, str]:
    scheme, separator, rest = value.partition(" ")
    if separator and scheme.lower() == "bearer":
        return Form.BEARER, rest.strip()
    if value.lower() == "bearer":
        return Form.BEARER, ""
    return Form.PLAIN, value
