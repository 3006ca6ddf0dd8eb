"""A document that is sent twice is written once: the page of a form carries a token, and what it led to is kept.

A double press, a reload and a lost answer all send the same form again; the second sending is led to the page of what
the first one wrote. A form that says something else is another one, whatever its token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from django.db import IntegrityError
from django.http import HttpRequest

from warehouses import transactions
from warehouses.access import Access
from warehouses.models import IdempotencyRecord

__all__ = ["Sending", "SentAlready", "token_of"]

_DONE: Final = 302
Result = TypeVar("Result")


class SentAlready(Exception):
    """The same form was sent at the same instant; `address` is the page of what it wrote."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def token_of(request: HttpRequest) -> str:
    """For the page of a form: the token that it was sent with, as it has written nothing, or a new one."""
    return request.POST.get("token") or str(uuid4())


class Sending:
    """One sending of a form. Without a token of ours it is written whenever it is sent."""

    def __init__(self, request: HttpRequest, access: Access) -> None:
        self._access = access
        self._caller = f"{access.actor.type.value}:{access.actor.id}"
        said = sorted(
            (name, request.POST.getlist(name)) for name in request.POST if name != "csrfmiddlewaretoken"
        )
        self._fingerprint = hashlib.sha256(f"{request.get_full_path()} {said}".encode()).hexdigest()
        try:
            self._key = f"form:{UUID(request.POST.get('token', ''))}:{self._fingerprint}"
        except ValueError:
            self._key = ""

    def earlier(self) -> str | None:
        """The address of what the same sending has written before. One query."""
        if not self._key:
            return None
        found = self._records().filter(caller=self._caller, key=self._key).first()
        return found.body if found is not None else None

    def run(self, work: Callable[[], Result], address_of: Callable[[Result], str]) -> Result:
        """Do `work` in a transaction, and keep with it where its result is. Raises SentAlready, and as `work` does."""
        if not self._key:
            return transactions.run(work)

        def attempt() -> Result:
            result = work()
            self._records().create(
                organization=self._access.organization,
                caller=self._caller,
                key=self._key,
                fingerprint=self._fingerprint,
                status=_DONE,
                body=address_of(result),
            )
            return result

        try:
            return transactions.run(attempt)
        except IntegrityError:
            address = self.earlier()
            if address is None:
                raise
            raise SentAlready(address) from None

    def _records(self) -> Any:
        return IdempotencyRecord.objects.filter(organization=self._access.organization)
