"""What a document cannot say of a request: which ones it calls valid that are 400 nevertheless, and why.

OpenAPI describes each parameter by itself, and a text by a regular expression that every language reads alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils import timezone

from inventory.api.gateway.documentation import WAREHOUSE_A
from warehouses.http.moments import parse_moment

__all__ = ["UNDESCRIBED", "Undescribed"]

_MOST_DECIMALS: Final = 2


@dataclass(frozen=True, kw_only=True)
class Undescribed:
    """`mend` makes a request for one of `operations` (any of the contract's, if none is named) good in this respect.

    `method`, `path` and `body` are a request to a fresh demonstration that the document calls valid, and that is 400.
    """

    reason: str
    contract: str
    method: str
    path: str
    mend: Callable[[Any], None]
    body: Mapping[str, Any] | None = None
    operations: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.contract} {self.method} {self.path}"


def _cursor(case: Any) -> None:
    case.query.pop("cursor", None)


def _one_warehouse(case: Any) -> None:
    if isinstance(case.body, dict) and "warehouseId" in case.body:
        case.query.pop("warehouse_id", None)


def _not_later_than_now(case: Any) -> None:
    moment = parse_moment(str(case.query.get("date", "")))
    if moment is None or str(moment) > str(timezone.now()):
        case.query.pop("date", None)


def _any_window(case: Any) -> None:
    for name in ("fromDate", "toDate", "startDate", "endDate"):
        case.query.pop(name, None)


def _one_lot(case: Any) -> None:
    if "lotCode" in case.query:
        case.query.pop("lotId", None)


def _one_sku(case: Any) -> None:
    if "sku" in case.query:
        case.query.pop("skuId", None)
    else:
        case.query.setdefault("skuId", "sku_nowhere")


def _version(case: Any) -> None:
    if isinstance(case.body, dict):
        case.body.setdefault("version", 1)


def _printable_code(case: Any) -> None:
    if isinstance(case.body, dict) and isinstance(case.body.get("code"), str):
        code = "".join(letter for letter in case.body["code"] if letter.isprintable())
        case.body["code"] = code.strip(" /") or "0"


def _real_address(case: Any) -> None:
    if isinstance(case.body, dict) and "url" in case.body:
        case.body["url"] = "https://example.com/hooks"


def _few_decimals(case: Any) -> None:
    case.body = _rounded(case.body)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_rounded(member) for member in value]
    return round(value, _MOST_DECIMALS) if isinstance(value, float) else value


UNDESCRIBED: Final = (
    Undescribed(
        reason="A cursor is signed: only the answer before has one.",
        contract="nexus",
        method="GET",
        path="/api/inventory?cursor=nonsense",
        mend=_cursor,
    ),
    Undescribed(
        reason="The query and the body may both name the warehouse, but not two of them.",
        contract="gateway",
        method="PUT",
        path=f"/api/v1/inventory/REGEN-001?warehouse_id={WAREHOUSE_A}",
        body={"quantity": 5, "warehouseId": "wh_another"},
        mend=_one_warehouse,
    ),
    Undescribed(
        reason="What is later than now has not been yet.",
        contract="pos",
        method="GET",
        path="/api/v1/inventory/snapshot?date=2199-01-01",
        operations=("GET /api/v1/inventory/snapshot",),
        mend=_not_later_than_now,
    ),
    Undescribed(
        reason="A window begins before it ends, and has a year at most.",
        contract="backoffice",
        method="GET",
        path="/api/inventory/analytics?fromDate=2026-03-12&toDate=2026-03-01",
        operations=("GET /api/inventory/analytics", "GET /api/stock-requests/dashboard"),
        mend=_any_window,
    ),
    Undescribed(
        reason="The lot is named by its code or by its id: two parameters.",
        contract="backoffice",
        method="GET",
        path="/api/inventory/lot-control/validate?sku=VITA-GUM-60&locationId=wh_1&quantity=5&lotCode=A&lotId=lot_1",
        operations=("GET /api/inventory/lot-control/validate",),
        mend=_one_lot,
    ),
    Undescribed(
        reason="The SKU is named by its code or by its id: two parameters.",
        contract="backoffice",
        method="GET",
        path=f"/api/inventory/channel-location/drilldown?locationId={WAREHOUSE_A}"
        "&channelId=chan_01hx000000e008000000000002&sku=GIFT-SET-1&skuId=sku_01hx000000e008000000000021",
        operations=("GET /api/inventory/channel-location/drilldown",),
        mend=_one_sku,
    ),
    Undescribed(
        reason="The version that was read is in the body or in a header.",
        contract="backoffice",
        method="PATCH",
        path="/api/stock-requests/req_01hx000000e008000000000041",
        body={"priority": "high"},
        operations=("PATCH /api/stock-requests/{id}",),
        mend=_version,
    ),
    Undescribed(
        reason="Which characters can be printed is Unicode's to say, each year anew.",
        contract="backoffice",
        method="POST",
        path="/api/skus",
        body={"code": "A\u00a0B", "title": "A thing"},
        operations=("POST /api/skus", "PATCH /api/skus/{id}"),
        mend=_printable_code,
    ),
    Undescribed(
        reason="An amount has four decimals. To many a program, 12.9 is no `multipleOf` 0.0001: it counts in twos.",
        contract="backoffice",
        method="POST",
        path="/api/skus",
        body={"code": "A", "title": "A thing", "unitCost": 1.00001},
        mend=_few_decimals,
    ),
    Undescribed(
        reason="An address is looked at part by part, and its host is looked up.",
        contract="backoffice",
        method="POST",
        path="/api/webhooks",
        body={"url": "https://example.com:99/hooks", "events": ["inventory.updated"]},
        operations=("POST /api/webhooks", "PATCH /api/webhooks/{id}"),
        mend=_real_address,
    ),
)
