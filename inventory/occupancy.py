"""What keeps a warehouse, room or bin from being deactivated or deleted: the stock in it."""

from __future__ import annotations

from django.db.models import Count, Sum

from inventory.models import StockItem
from warehouses.models import Bin, Room, Warehouse

__all__ = ["occupancy_of"]


def occupancy_of(place: Warehouse | Room | Bin) -> str | None:
    """Words for the stock that is still in `place`, or None when it is empty."""
    items = StockItem.objects.filter(on_hand__gt=0)
    if isinstance(place, Warehouse):
        items = items.filter(warehouse=place)
    elif isinstance(place, Room):
        items = items.filter(bin__room=place)
    else:
        items = items.filter(bin=place)
    found = items.aggregate(units=Sum("on_hand"), skus=Count("sku", distinct=True))
    if not found["units"]:
        return None
    units, skus = found["units"], found["skus"]
    return f"still holds {units} unit{'s' * (units != 1)} of {skus} SKU{'s' * (skus != 1)}"
