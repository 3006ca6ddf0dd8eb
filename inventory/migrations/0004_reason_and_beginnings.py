"""What existing organizations need for events and sync: the reason that full syncs write with, and when each stock item
began, which is when its first movement was recorded.
"""

import uuid

from django.db import migrations
from django.db.models import Min, OuterRef, Subquery
from uuid_utils.compat import uuid7


def add_reason(apps, schema_editor):
    Organization = apps.get_model("warehouses", "Organization")
    ReasonCode = apps.get_model("inventory", "ReasonCode")
    having = ReasonCode.objects.filter(code_key="sync").values("organization")
    ReasonCode.objects.bulk_create(
        ReasonCode(
            id=uuid.UUID(int=uuid7().int),
            organization=organization,
            code="sync",
            code_key="sync",
            name="Taken over from a point of sale",
            direction="either",
            nature="correction",
        )
        for organization in Organization.objects.exclude(pk__in=having)
    )


def date_items(apps, schema_editor):
    StockItem = apps.get_model("inventory", "StockItem")
    Movement = apps.get_model("inventory", "Movement")
    first = (
        Movement.objects.filter(stock_item=OuterRef("pk"))
        .order_by()
        .values("stock_item")
        .annotate(first=Min("recorded_at"))
        .values("first")
    )
    StockItem.objects.annotate(first=Subquery(first)).exclude(first=None).update(created_at=Subquery(first))


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_events_and_sync")]

    operations = [
        migrations.RunPython(add_reason, migrations.RunPython.noop),
        migrations.RunPython(date_items, migrations.RunPython.noop),
    ]
