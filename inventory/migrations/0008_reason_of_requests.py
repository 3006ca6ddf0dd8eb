"""The reason with which goods are handed out for a stock request, for organizations that began before it."""

import uuid

from django.db import migrations
from uuid_utils.compat import uuid7


def add_reason(apps, schema_editor):
    Organization = apps.get_model("warehouses", "Organization")
    ReasonCode = apps.get_model("inventory", "ReasonCode")
    having = ReasonCode.objects.filter(code_key="stock_request").values("organization")
    ReasonCode.objects.bulk_create(
        ReasonCode(
            id=uuid.UUID(int=uuid7().int),
            organization=organization,
            code="stock_request",
            code_key="stock_request",
            name="Handed out for a request",
            direction="out",
            nature="issue",
        )
        for organization in Organization.objects.exclude(pk__in=having)
    )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_stock_requests")]

    operations = [migrations.RunPython(add_reason, migrations.RunPython.noop)]
