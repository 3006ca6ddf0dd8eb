"""First pages of the contracts' lists, of columns alone, without totals."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inventory.models import StockItem, StockLevel, StockSummary

__all__ = ["Gateway", "Nexus", "Pos"]


class Nexus(APIView):
    """SKUs with their stock in each warehouse."""

    def get(self, request: Request) -> Response:
        organization, limit = request.query_params["organization"], int(request.query_params["limit"])
        keys = list(
            StockSummary.objects.filter(organization_id=organization)
            .order_by("sort_code")
            .values_list("sku_id", flat=True)[:limit]
        )
        found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        rows = StockLevel.objects.filter(sku__in=keys).order_by("warehouse_id")
        for row in rows.values(
            *("sku_id", "sku__code", "sku__title", "warehouse_id", "warehouse__name"),
            *("on_hand", "reserved", "held", "safety_stock", "reorder_point"),
        ):
            found[row.pop("sku_id")].append(row)
        return Response({"data": [_sku(found[key]) for key in keys]})


def _sku(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("on_hand", "reserved", "held", "safety_stock", "reorder_point")
    return {
        "sku": rows[0].pop("sku__code"),
        "title": rows[0].pop("sku__title"),
        **{f"total_{name}": sum(row[name] for row in rows) for name in names},
        "warehouses": rows,
    }


class Gateway(APIView):
    """Stock levels."""

    def get(self, request: Request) -> Response:
        organization, limit = request.query_params["organization"], int(request.query_params["limit"])
        levels = StockLevel.objects.filter(organization_id=organization).order_by("sort_code", "warehouse_id")
        rows = levels.values(
            *("sku__code", "sku__product_id", "sku__product__name", "warehouse_id", "warehouse__name"),
            *("on_hand", "reserved", "available", "reorder_point", "reorder_quantity", "updated_at"),
        )[:limit]
        return Response({"data": list(rows)})


class Pos(APIView):
    """Stock items."""

    def get(self, request: Request) -> Response:
        organization, limit = request.query_params["organization"], int(request.query_params["limit"])
        items = StockItem.objects.filter(organization_id=organization).order_by("created_at", "id")
        rows = items.values(
            *("id", "sku__code", "sku__title", "sku__product_id", "sku__unit_cost", "sku__unit_price"),
            *("warehouse_id", "bin__room__room_type", "on_hand", "held", "level__reserved"),
        )[:limit]
        return Response({"data": list(rows)})
