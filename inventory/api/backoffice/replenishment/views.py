"""The replenishment routes: rules, suggestions, and what is on order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.replenishment import documentation
from inventory.api.backoffice.replenishment.bodies import (
    ReplenishmentActionBody,
    ReplenishmentBody,
    ReplenishmentConfigBody,
    SuggestionsBody,
)
from inventory.api.backoffice.replenishment.filters import ConfigFilters, ReplenishmentFilters
from inventory.api.backoffice.replenishment.objects import (
    config_object,
    config_objects,
    replenishment_objects,
    replenishment_record,
    suggestion_object,
    version_of,
)
from inventory.api.tags import require_tag, tag_of
from inventory.models import (
    Category,
    Replenishment,
    ReplenishmentRule,
    ReplenishmentSource,
    StockLevel,
    TallyKind,
)
from inventory.names import Names
from inventory.replenishment.orders import (
    Order,
    cancel,
    find_replenishment,
    place_orders,
    visible_replenishments,
)
from inventory.replenishment.rules import READ, WRITE, Source, configure, rule_version, visible_levels
from inventory.replenishment.suggestions import suggest
from inventory.reservations import expire_due
from warehouses.http.etags import Expected, expected_tags, refuse_condition
from warehouses.identifiers import decode, new_id
from warehouses.models import Warehouse
from warehouses.refusals import Stale

__all__ = ["ReplenishmentConfigList", "ReplenishmentDetail", "ReplenishmentList", "SuggestionList"]


class ReplenishmentView(BackofficeView):
    shows_stock = False
    permissions = {"GET": (READ,), "POST": (WRITE,)}
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        "from_warehouse": "source/fromLocationId",
        "supplier": "source/name",
        "order_multiple": "orderMultiple",
        "lead_time_days": "leadTimeDays",
        "window_days": "windowDays",
    }
    rows_field = ""

    def place(self, names: Names, public_id: str) -> Warehouse:
        return names.location(public_id, reading=READ)

    def source(self, names: Names, given: Mapping[str, Any]) -> Source:
        """Of another location, one that the caller may know: whoever orders from there needs rights there besides."""
        kind = ReplenishmentSource(given["type"])
        if kind is ReplenishmentSource.SUPPLIER:
            return Source(kind, name=given["name"])
        permission = READ if self.access.may(READ) else WRITE
        place = names.location(
            given["fromLocationId"], field="from_warehouse", permission=permission, reading=READ
        )
        return Source(kind, place)

    def names(self, values: Mapping[str, Any]) -> Names:
        """What the body of one rule or order names."""
        origin = (values.get("source") or {}).get("fromLocationId")
        return Names(self.access, WRITE, skus=[values["sku"]], locations=[values["locationId"], origin])


class ReplenishmentConfigList(ReplenishmentView):
    """`GET` and `POST /api/inventory/replenishment/config`: one record for each SKU at each location."""

    reading_parameters = ("locationId",)
    filterset_class = ConfigFilters
    paging_class = BackofficePaging

    @documentation.list_config
    def get(self, request: Request) -> HttpResponse:
        levels = visible_levels(access=self.access).order_by("sort_code", "warehouse_id")
        place = self.location(permission=READ)
        if place is not None:
            levels = levels.filter(warehouse=place)
        counted = self.counted(TallyKind.LEVEL, warehouse=place, permission=READ)
        return self.paged(self.page(self.filtered(levels), config_objects, counted=counted))

    @documentation.set_config
    def post(self, request: Request) -> HttpResponse:
        body = ReplenishmentConfigBody(data=request.data)
        body.is_valid(raise_exception=True)
        expected = expected_tags(request._request)
        return self.write(lambda: self._set(body.validated_data, expected))

    def _set(self, values: Mapping[str, Any], expected: Expected) -> HttpResponse:
        names = self.names(values)
        sku, place = names.sku(values["sku"]), self.place(names, values["locationId"])
        source = None
        if "source" in values:
            source = Source() if values["source"] is None else self.source(names, values["source"])

        def condition(version: str | None) -> None:
            if version is None and expected is not None:
                raise Stale("PRECONDITION_FAILED", "There is no such record yet.")
            require_tag(expected, version or "")

        rule = configure(
            access=self.access,
            sku=sku,
            warehouse=place,
            safety_stock=values.get("safetyStock"),
            reorder_point=values.get("reorderPoint"),
            reorder_quantity=values.get("reorderQuantity"),
            changes={column: values[name] for name, column in _COLUMNS.items() if name in values},
            source=source,
            condition=condition,
        )
        level = StockLevel.objects.select_related("sku", "warehouse").get(sku=sku, warehouse=place)
        return self._shown(level, rule)

    def _shown(self, level: StockLevel, rule: ReplenishmentRule) -> HttpResponse:
        shown = config_object(level, rule)
        return self.record(shown, tag_of(rule_version(level, rule), shown))


_COLUMNS: Mapping[str, str] = {
    "maximum": "maximum",
    "orderMultiple": "order_multiple",
    "leadTimeDays": "lead_time_days",
    "windowDays": "window_days",
}


class SuggestionList(ReplenishmentView):
    """`POST /api/inventory/replenishment/suggestions`: it reads and changes nothing."""

    permissions = {"POST": (READ,)}

    @documentation.suggest_replenishment
    def post(self, request: Request) -> HttpResponse:
        refuse_condition(request._request)
        body = SuggestionsBody(data=request.data)
        body.is_valid(raise_exception=True)
        expire_due(self.access.organization)
        return self.write(lambda: self._page(body.validated_data))

    def _page(self, values: Mapping[str, Any]) -> HttpResponse:
        codes = values.get("skus", [])
        names = Names(self.access, READ, skus=codes, locations=[values["locationId"]])
        place = self.place(names, values["locationId"])
        category = None
        if "categoryId" in values:
            # A category that there is not has no SKUs, whoever's it is.
            category = decode(Category.prefix, values["categoryId"]) or new_id()
        number, size = values.get("page", 1), values.get("limit", BackofficePaging.default_size)
        found = suggest(
            access=self.access,
            warehouse=place,
            category_id=category,
            skus=[names.sku(code) for code in codes] if "skus" in values else None,
            offset=(number - 1) * size,
            limit=size,
        )
        paging = {
            "page": number,
            "limit": size,
            "total": found.total,
            "totalPages": -(-found.total // size),
        }
        rows = [suggestion_object(suggestion, place) for suggestion in found.rows]
        return Response({"data": rows, "pagination": paging})


class ReplenishmentList(ReplenishmentView):
    """`GET` and `POST /api/inventory/replenishment`."""

    reading_parameters = ("locationId",)
    filterset_class = ReplenishmentFilters
    paging_class = BackofficePaging

    @documentation.list_replenishments
    def get(self, request: Request) -> HttpResponse:
        rows = visible_replenishments(access=self.access).order_by("-created_at", "-pk")
        place = self.location(permission=READ)
        if place is not None:
            rows = rows.filter(warehouse=place)
        return self.paged(self.page(self.filtered(rows), replenishment_objects))

    @documentation.create_replenishment
    def post(self, request: Request) -> HttpResponse:
        refuse_condition(request._request)
        body = ReplenishmentBody(data=request.data)
        body.is_valid(raise_exception=True)
        return self.write(lambda: self._order(body.validated_data))

    def _order(self, values: Mapping[str, Any]) -> HttpResponse:
        names = self.names(values)
        order = Order(
            sku=names.sku(values["sku"]),
            warehouse=self.place(names, values["locationId"]),
            quantity=values["quantity"],
            source=self.source(names, values["source"]),
            expected_on=values.get("expectedOn"),
            reference=values.get("referenceId", ""),
            note=values.get("note", ""),
        )
        (made,) = place_orders(access=self.access, orders=[order])
        shown = replenishment_record(_reread(made))
        headers = {"Location": f"/{self.contract}/api/inventory/replenishment/{made.public_id}"}
        return self.record(shown, tag_of(version_of(made), shown), status=201, headers=headers)


class ReplenishmentDetail(ReplenishmentView):
    """`GET` and `POST /api/inventory/replenishment/[id]`."""

    @documentation.get_replenishment
    def get(self, request: Request, id: str) -> HttpResponse:
        return self._shown(find_replenishment(access=self.access, public_id=id))

    @documentation.act_on_replenishment
    def post(self, request: Request, id: str) -> HttpResponse:
        body = ReplenishmentActionBody(data=request.data)
        body.is_valid(raise_exception=True)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            found = find_replenishment(access=self.access, public_id=id, permission=WRITE)
            cancel(
                access=self.access,
                replenishment=found,
                reason=body.validated_data.get("note", ""),
                condition=lambda locked: require_tag(expected, version_of(locked)),
            )
            return self._shown(_reread(found))

        return self.write(work)

    def _shown(self, replenishment: Replenishment) -> HttpResponse:
        shown = replenishment_record(replenishment)
        return self.record(shown, tag_of(version_of(replenishment), shown))


def _reread(replenishment: Replenishment) -> Replenishment:
    """As it has just been written, with all that is shown of it."""
    rows = Replenishment.objects.select_related("sku", "warehouse", "transfer_line__transfer__from_warehouse")
    return rows.get(pk=replenishment.pk)
