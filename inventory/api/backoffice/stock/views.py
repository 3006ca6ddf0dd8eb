"""The stock routes: items, adjustments of every kind, and what locations and products have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from inventory.adjustments import (
    Recorded,
    find_adjustment,
    lock_adjustment,
    reverse,
    visible_adjustments,
)
from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.stock import documentation
from inventory.api.backoffice.stock.bodies import (
    AdjustBody,
    AdjustmentActionBody,
    AdjustmentBody,
    LotCorrectionBody,
    RecordedStockBody,
)
from inventory.api.backoffice.stock.filters import (
    AdjustmentFilters,
    InventoryPaging,
    LocationStockFilters,
    ProductLevelFilters,
    ReasonCodeFilters,
    RecordedStockFilters,
    StockItemFilters,
)
from inventory.api.backoffice.stock.items import (
    item_object,
    item_objects,
    read_items,
    version_of,
    visible_items,
)
from inventory.api.backoffice.stock.objects import (
    adjustment_objects,
    adjustment_record,
    adjustment_version,
    location_objects,
    product_levels,
    product_totals,
    reason_objects,
    stated_objects,
)
from inventory.api.backoffice.stock.writes import adjust_item, correct, create_adjustment, record
from inventory.api.tags import require_tag, tag_of
from inventory.models import (
    Adjustment,
    AdjustmentKind,
    Product,
    ReasonCode,
    Sku,
    Source,
    StockItem,
    TallyKind,
)
from inventory.stock_documents import ADJUST
from warehouses.http.etags import expected_tags
from warehouses.identifiers import decode
from warehouses.models import Warehouse
from warehouses.refusals import NotFound, Problem

__all__ = [
    "AdjustInventory",
    "AdjustmentDetail",
    "AdjustmentList",
    "InventoryLocations",
    "InventoryOfProduct",
    "LotCorrection",
    "ReasonCodeList",
    "RecordedStockList",
    "StockItemList",
]


class StockItemList(BackofficeView):
    """`GET /api/inventory`: stock items, the oldest first. The nexus contract has the address too."""

    permissions = {"GET": ("inventory.read",)}
    filterset_class = StockItemFilters
    paging_class = InventoryPaging
    query_parameters = ("locationId",)

    @documentation.list_stock_items
    def get(self, request: Request) -> HttpResponse:
        place = self.location()
        items = self.filtered(visible_items(access=self.access, warehouse=place))
        today = self.access.organization.today()
        page = self.page(
            items,
            lambda keys: item_objects(keys, today=today),
            counted=self.counted(TallyKind.ITEM, warehouse=place),
        )
        return self.paged(page)


class AdjustInventory(BackofficeView):
    """`POST /api/inventory/adjust`."""

    permissions = {"POST": (ADJUST,)}
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        "quantity": "quantityChange",
    }
    rows_field = ""

    @documentation.adjust_inventory
    def post(self, request: Request) -> HttpResponse:
        body = AdjustBody(data=request.data)
        body.is_valid(raise_exception=True)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            recorded = adjust_item(access=self.access, body=body.validated_data, expected=expected)
            return self._shown(recorded)

        return self.write(work)

    def _shown(self, recorded: Recorded) -> HttpResponse:
        """The stock item; of several that goods were taken from, the first."""
        changes = recorded.posting.changes
        today = self.access.organization.today()
        found = read_items(
            StockItem.objects.filter(pk__in={change.item.id for change in changes}), today=today
        )
        row = found[changes[0].item.id]
        shown = {
            **item_object(row),
            "adjustmentId": recorded.adjustment.public_id if recorded.adjustment else None,
            "changes": [
                {
                    "stockItemId": StockItem(pk=change.item.id).public_id,
                    "binCode": found[change.item.id]["bin__code"],
                    "lotCode": found[change.item.id]["lot__code"],
                    "quantityBefore": change.item_after - change.delta,
                    "quantityChange": change.delta,
                    "quantityAfter": change.item_after,
                }
                for change in changes
            ],
        }
        return self.record(shown, tag_of(version_of(row), shown))


class AdjustmentView(BackofficeView):
    """What the documents share: how one is shown."""

    shows_stock = False

    def shown(
        self, adjustment: Adjustment, *, status: int = 200, extra: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        shown = adjustment_record(adjustment, access=self.access)
        headers = (
            {"Location": f"/{self.contract}/api/inventory/adjustments/{adjustment.public_id}"}
            if status == 201
            else {}
        )
        tag = tag_of(adjustment_version(adjustment), shown)
        return self.record({**shown, **(extra or {})}, tag, status=status, headers=headers)

    def created(self, recorded: Recorded, extra: Mapping[str, Any] | None = None) -> HttpResponse:
        if recorded.adjustment is None:
            raise RuntimeError("A document is kept even where nothing changed.")
        return self.shown(recorded.adjustment, status=201, extra=extra)

    def listed(self, rows: QuerySet[Adjustment]) -> HttpResponse:
        return self.paged(
            self.page(self.filtered(rows), lambda keys: adjustment_objects(keys, access=self.access))
        )


class AdjustmentList(AdjustmentView):
    """`GET` and `POST /api/inventory/adjustments`."""

    permissions = {"GET": (ADJUST,), "POST": (ADJUST,)}
    filterset_class = AdjustmentFilters
    paging_class = BackofficePaging

    def pointer_of(self, problem: Problem) -> str:
        """All lines have one reason: what does not fit it is the line's quantity."""
        if problem.index is None or problem.field not in {"quantity", "reason"}:
            return super().pointer_of(problem)
        body: Any = self.request.data
        row = body["lines"][problem.index]
        return f"/lines/{problem.index}/{'newQuantity' if 'newQuantity' in row else 'quantityChange'}"

    @documentation.list_adjustments
    def get(self, request: Request) -> HttpResponse:
        return self.listed(visible_adjustments(access=self.access, permission=ADJUST))

    @documentation.create_adjustment
    def post(self, request: Request) -> HttpResponse:
        body = AdjustmentBody(data=request.data)
        body.is_valid(raise_exception=True)
        return self.write(
            lambda: self.created(create_adjustment(access=self.access, body=body.validated_data))
        )


class AdjustmentDetail(AdjustmentView):
    """`GET` and `POST /api/inventory/adjustments/[id]`."""

    permissions = {"GET": (ADJUST,), "POST": (ADJUST,)}

    @documentation.get_adjustment
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(self._adjustment(id))

    @documentation.act_on_adjustment
    def post(self, request: Request, id: str) -> HttpResponse:
        body = AdjustmentActionBody(data=request.data)
        body.is_valid(raise_exception=True)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            adjustment = self._adjustment(id)
            if expected is not None:
                lock_adjustment(access=self.access, adjustment=adjustment)
                adjustment = self._adjustment(id)
                require_tag(expected, adjustment_version(adjustment))
            reverse(
                access=self.access,
                source=Source.BACKOFFICE,
                adjustment=adjustment,
                note=body.validated_data.get("note", ""),
            )
            return self.shown(self._adjustment(id))

        return self.write(work)

    def _adjustment(self, public_id: str) -> Adjustment:
        return find_adjustment(access=self.access, permission=ADJUST, public_id=public_id)


class RecordedStockList(AdjustmentView):
    """`GET` and `POST /api/inventory/adjustments/record-stock`."""

    permissions = {"GET": (ADJUST,), "POST": (ADJUST,)}
    filterset_class = RecordedStockFilters
    paging_class = BackofficePaging

    def pointer_of(self, problem: Problem) -> str:
        """The location is that of all lines."""
        return "/locationId" if problem.field == "warehouse" else super().pointer_of(problem)

    @documentation.list_recorded_stock
    def get(self, request: Request) -> HttpResponse:
        rows = visible_adjustments(access=self.access, permission=ADJUST)
        return self.listed(rows.filter(kind=AdjustmentKind.STATEMENT))

    @documentation.record_stock
    def post(self, request: Request) -> HttpResponse:
        body = RecordedStockBody(data=request.data)
        body.is_valid(raise_exception=True)

        def work() -> HttpResponse:
            recorded, stated = record(access=self.access, body=body.validated_data)
            return self.created(recorded, {"recorded": stated_objects(stated)})

        return self.write(work)


class LotCorrection(AdjustmentView):
    """`POST /api/inventory/adjustments/lot-correction`."""

    permissions = {"POST": (ADJUST,)}
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        "from_lot": "fromLotId",
        "lot": "fromLotId",
    }
    rows_field = ""

    def pointer_of(self, problem: Problem) -> str:
        return "/toLot/expiresOn" if problem.field == "expires_on" else super().pointer_of(problem)

    @documentation.correct_lot
    def post(self, request: Request) -> HttpResponse:
        body = LotCorrectionBody(data=request.data)
        body.is_valid(raise_exception=True)
        return self.write(lambda: self.created(correct(access=self.access, body=body.validated_data)))


class ReasonCodeList(BackofficeView):
    """`GET /api/inventory/adjustments/reason-codes`: the active ones, by code."""

    shows_stock = False
    permissions = {"GET": (ADJUST,)}
    filterset_class = ReasonCodeFilters
    paging_class = BackofficePaging

    @documentation.list_reason_codes
    def get(self, request: Request) -> HttpResponse:
        rows = ReasonCode.objects.filter(organization=self.access.organization, is_active=True)
        return self.paged(self.page(self.filtered(rows.order_by("code_key")), reason_objects))


class InventoryLocations(BackofficeView):
    """`GET /api/inventory/locations`: what is at each location, by name."""

    permissions = {"GET": ("inventory.read",)}
    filterset_class = LocationStockFilters
    paging_class = BackofficePaging

    @documentation.list_inventory_locations
    def get(self, request: Request) -> HttpResponse:
        seen = self.access.narrow(Warehouse.objects.order_by("name", "pk"), "inventory.read", warehouse="pk")
        return self.paged(self.page(self.filtered(seen), location_objects))


class InventoryOfProduct(BackofficeView):
    """`GET /api/products/[id]/inventory-levels`: the product, and its SKUs by code with their levels."""

    permissions = {"GET": ("inventory.read", "products.read")}
    filterset_class = ProductLevelFilters
    paging_class = BackofficePaging
    query_parameters = ("locationId",)

    @documentation.get_product_levels
    def get(self, request: Request, id: str) -> HttpResponse:
        key = decode(Product.prefix, id)
        products = Product.objects.filter(organization=self.access.organization).select_related("category")
        product = products.filter(pk=key).first() if key is not None else None
        if product is None:
            raise NotFound("PRODUCT_NOT_FOUND", "There is no such product.")
        place = self.location()
        skus = self.filtered(Sku.objects.filter(product=product).order_by("code_key"))
        page = self.page(skus, lambda keys: product_levels(keys, access=self.access, warehouse=place))
        answer = self.paged(page)
        answer.data = {"product": product_totals(product, access=self.access, warehouse=place), **answer.data}
        return answer
