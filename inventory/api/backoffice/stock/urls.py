"""Each with and without a slash at the end."""

from django.urls import re_path

from inventory.api.backoffice.stock.views import (
    AdjustInventory,
    AdjustmentDetail,
    AdjustmentList,
    InventoryLocations,
    InventoryOfProduct,
    LotCorrection,
    ReasonCodeList,
    RecordedStockList,
    StockItemList,
)

urlpatterns = [
    re_path(r"^api/inventory/?$", StockItemList.as_view(), name="inventory-list"),
    re_path(r"^api/inventory/adjust/?$", AdjustInventory.as_view(), name="inventory-adjust"),
    re_path(r"^api/inventory/locations/?$", InventoryLocations.as_view(), name="inventory-locations"),
    re_path(r"^api/inventory/adjustments/?$", AdjustmentList.as_view(), name="adjustment-list"),
    re_path(r"^api/inventory/adjustments/lot-correction/?$", LotCorrection.as_view(), name="lot-correction"),
    re_path(r"^api/inventory/adjustments/reason-codes/?$", ReasonCodeList.as_view(), name="reason-code-list"),
    re_path(
        r"^api/inventory/adjustments/record-stock/?$",
        RecordedStockList.as_view(),
        name="recorded-stock-list",
    ),
    re_path(
        r"^api/inventory/adjustments/(?P<id>[^/]+)/?$",
        AdjustmentDetail.as_view(),
        name="adjustment-detail",
    ),
    re_path(
        r"^api/products/(?P<id>[^/]+)/inventory-levels/?$",
        InventoryOfProduct.as_view(),
        name="product-inventory-levels",
    ),
]
