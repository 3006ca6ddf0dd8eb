"""What in stock, goods and integrations somebody has to do something about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from inventory import transfers
from inventory.expiry.goods import expired_goods
from inventory.formulas import StockStatus
from inventory.models import (
    Delivery,
    DeliveryState,
    StockItem,
    StockLevel,
    Transfer,
    TransferState,
    WebhookEndpoint,
)
from inventory.webhooks.endpoints import MANAGE
from inventory.webhooks.notices import disabled_endpoints
from warehouses.access import Access
from warehouses.home import Work, bounded_count
from warehouses.models import Warehouse

__all__ = ["work_of"]

_ORDER: Final = "replenishment.write"
_WRITE: Final = "inventory.write"
#: What has failed before is history, and stands in the list.
_RECENT: Final = timedelta(days=7)


def work_of(access: Access) -> list[Work]:
    """Only what the caller has the right to mend. At most nine queries."""
    return [
        *(_stock(access) if access.may(_ORDER) else ()),
        *(_lots(access) if access.may(_WRITE) else ()),
        *(_transfers(access) if access.may(transfers.WRITE) else ()),
        *(_webhooks(access) if access.everywhere(MANAGE) else ()),
    ]


def _stock(access: Access) -> Iterator[Work]:
    page = reverse("admin:inventory_stocklevel_changelist")
    levels = access.narrow(StockLevel.objects.all(), _ORDER)
    # By name: the index by status is the warehouses', and with few that are out a walk through all levels is long.
    places = access.narrow(Warehouse.objects.order_by(), _ORDER, warehouse="pk").values_list("pk", flat=True)
    yield Work(
        label="Out of stock",
        count=bounded_count(levels.filter(warehouse__in=list(places), status=StockStatus.OUT_OF_STOCK)),
        link=f"{page}?status={StockStatus.OUT_OF_STOCK.value}",
        icon="production_quantity_limits",
        tone="wrong",
        note="SKUs by location, nothing available",
        rank=30,
    )
    yield Work(
        label="Below reorder point",
        count=bounded_count(levels.filter(is_low=True)),
        link=f"{page}?low=yes",
        icon="trending_down",
        tone="waits",
        note="SKUs by location",
        rank=40,
    )


def _lots(access: Access) -> Iterator[Work]:
    days = access.organization.expiry_warning_days
    soon = bounded_count(_expiring(access, days))
    gone = bounded_count(_expiring(access, 0)) if soon else 0
    yield Work(
        label="Expiring goods",
        count=soon,
        link=f"{reverse('admin:inventory_stockitem_expired')}?days={days}",
        icon="hourglass_bottom",
        tone="wrong" if gone else "waits",
        note=f"{gone:,} expired, the others within {days} days" if gone else f"Within {days} days",
        rank=50,
    )


def _expiring(access: Access, days: int) -> QuerySet[StockItem]:
    return expired_goods(access=access, days_ahead=days, permission=_WRITE)


def _transfers(access: Access) -> Iterator[Work]:
    today = access.organization.today()
    rows = Transfer.objects.filter(state=TransferState.IN_TRANSIT, expected_on__lt=today)
    query = urlencode({"state__exact": TransferState.IN_TRANSIT.value, "expected_on__lt": today.isoformat()})
    yield Work(
        label="Overdue transfers",
        count=bounded_count(access.narrow(rows, transfers.WRITE, warehouse="to_warehouse_id")),
        link=f"{reverse('admin:inventory_transfer_changelist')}?{query}",
        icon="local_shipping",
        tone="wrong",
        note="Expected before today",
        rank=60,
    )


def _webhooks(access: Access) -> Iterator[Work]:
    since = timezone.now() - _RECENT
    mine = WebhookEndpoint.objects.filter(organization=access.organization, removed_at__isnull=True)
    failed = Delivery.objects.filter(
        endpoint__in=mine, state=DeliveryState.FAILED, created_at__gte=since, organization=access.organization
    )
    query = urlencode(
        {
            "state__exact": DeliveryState.FAILED.value,
            "created_at__gte": since.replace(microsecond=0).isoformat(),
        }
    )
    yield Work(
        label="Failed deliveries",
        count=bounded_count(failed),
        link=f"{reverse('admin:inventory_delivery_changelist')}?{query}",
        icon="unsubscribe",
        tone="wrong",
        note="Webhooks, in the last 7 days",
        rank=70,
    )
    yield Work(
        label="Disabled webhooks",
        count=bounded_count(disabled_endpoints(access.organization)),
        link=f"{reverse('admin:inventory_webhookendpoint_changelist')}?state__exact=disabled",
        icon="webhook",
        tone="wrong",
        note="Nothing is sent there any more",
        rank=80,
    )
