"""Requests of the demonstration's integrations in its last hours, so that their log has something to be looked into."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from warehouses.actors import ActorType
from warehouses.identifiers import new_id
from warehouses.models import ApiKey, Organization, RequestRecord
from warehouses.request_log import first_id_of

__all__ = ["add_api_requests"]

_SEED: Final = 20260
_HOURS: Final = 20
#: Method, path, query, contract, status, code and detail; how often one of them comes.
_KINDS: Final = (
    (16, "GET", "/api/inventory", "limit=200", "nexus", 200, "", ""),
    (14, "GET", "/api/v1/inventory/REGEN-001", "", "gateway", 200, "", ""),
    (8, "GET", "/api/v1/inventory/low-stock", "", "gateway", 200, "", ""),
    (4, "GET", "/api/inventory/availability", "search=GIFT", "backoffice", 200, "", ""),
    (
        *(2, "POST", "/api/v1/inventory/adjust", "", "gateway", 422, "NEGATIVE_QUANTITY"),
        "REGEN-003 would have -4 units in Warehouse A.",
    ),
    (
        *(2, "GET", "/api/v1/inventory", "per_page=500", "gateway", 400, "INVALID_REQUEST"),
        "The query cannot be used as it is: per_page.",
    ),
    (
        *(1, "PUT", "/api/inventory/SKU-001", "", "nexus", 403, "READONLY_WAREHOUSE"),
        "FBA EU is kept by its marketplace: it is read-only here.",
    ),
    (
        *(1, "POST", "/api/inventory/reservations", "", "backoffice", 409, "STOCK_UNAVAILABLE"),
        "Of SKU-002 in Warehouse A 3 can be reserved, not 12.",
    ),
)


def add_api_requests(*, organization: Organization, now: datetime) -> None:
    """What the organization's keys asked for lately. One statement for all of it, and one to read the keys."""
    keys = list(ApiKey.objects.for_organization(organization).order_by("pk"))
    if not keys:
        return
    chance = random.Random(_SEED)  # noqa: S311 - the same story each time, no secret
    kinds = [kind for kind in _KINDS for _ in range(kind[0])]
    chosen = [(chance.choice(kinds), chance.choice(keys)) for _ in range(120)]
    minutes = sorted((chance.uniform(2, _HOURS * 60) for _ in chosen), reverse=True)
    RequestRecord.objects.bulk_create(
        _record(organization, key, now - timedelta(minutes=ago), kind, chance)
        for (kind, key), ago in zip(chosen, minutes, strict=True)
    )


def _record(
    organization: Organization, key: ApiKey, at: datetime, kind: tuple[Any, ...], chance: random.Random
) -> RequestRecord:
    _, method, path, query, contract, status, code, detail = kind
    request_id = UUID(int=first_id_of(at).int | (new_id().int & ((1 << 80) - 1)))
    problem = {
        "type": f"urn:tallyhouse:problem:{code.lower().replace('_', '-')}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": request_id.hex,
        "code": code,
    }
    return RequestRecord(
        id=request_id,
        organization=organization,
        request_id=request_id.hex,
        started_at=at,
        milliseconds=round(chance.lognormvariate(2.4, 0.5)),
        method=method,
        path=path,
        query=query,
        contract=contract,
        status=status,
        code=code,
        problem=json.dumps(problem) if code else "",
        actor_type=ActorType.KEY,
        actor_id=key.pk,
        actor_name=key.name,
    )
