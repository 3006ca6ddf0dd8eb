"""Who calls, and what there is to change."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from inventory.channels import create_channel
from inventory.models import StockLevel
from tests import factories
from tests.bench.databases import ORGANIZATION, Database
from tests.bench.load import request
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.identifiers import encode
from warehouses.models import Organization, User, Warehouse

__all__ = ["Caller", "Shelf", "make_caller", "shelves"]

_AMPLE = 20
_CHANNELS = ("shop", "market", "counter")
_SCOPES = (
    "inventory.read",
    "inventory.write",
    "inventory.adjust",
    "inventory.cyclecount",
    "replenishment.read",
)


@dataclass(frozen=True)
class Caller:
    """An integration with its key, and the owner of the organization with a browser's session."""

    organization: Organization
    user: User
    key: str
    session: str

    def get(self, path: str, query: Mapping[str, Any] | None = None, *, page: bool = False) -> bytes:
        """The bytes of a request for a route, or for a page of the back office."""
        target = f"{path}?{urlencode(query)}" if query else path
        if page:
            return request("GET", target, headers=[("Cookie", f"__Host-session={self.session}")])
        return request("GET", target, headers=[("X-API-Key", self.key)])

    def write(self, method: str, path: str, body: bytes, *, idempotent: bool = False) -> bytes:
        headers = [("X-API-Key", self.key)]
        if idempotent:
            headers.append(("Idempotency-Key", secrets.token_hex(16)))
        return request(method, path, body=body, headers=headers)


@dataclass(slots=True)
class Shelf:
    """A stock level with one stock item; `left` is what it holds, in the product and by the yardstick."""

    level_id: UUID
    code: str
    sku_id: UUID
    warehouse_id: UUID
    left: int

    @property
    def warehouse(self) -> str:
        return encode(Warehouse.prefix, self.warehouse_id)


def make_caller(database: Database) -> Caller:
    """With channels to sell through, for the organization has none yet."""
    with database.current():
        organization = Organization.objects.get(name=ORGANIZATION)
        organization.rate_limit = 10_000_000  # every request is counted all the same
        organization.save(update_fields=["rate_limit"])
        access = access_of_system(organization)
        for code in _CHANNELS:
            transactions.run(partial(create_channel, access=access, code=code, name=code, buffer=2))
        user = factories.make_person("owner@bulk.example", {organization: ["Owner"]})
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        return Caller(organization, user, factories.make_key(organization, _SCOPES), session.session_key)


def shelves(database: Database, organization: Organization, dice: random.Random) -> list[Shelf]:
    """Every level that holds enough for the whole run, in a random order that is the same everywhere."""
    with database.current():
        found = StockLevel.objects.filter(organization=organization, on_hand__gte=_AMPLE).order_by(
            "sort_code", "warehouse__name"
        )
        columns = ("id", "sku__code", "sku_id", "warehouse_id", "on_hand")
        ample = [Shelf(*row) for row in found.values_list(*columns)]
    dice.shuffle(ample)
    return ample
