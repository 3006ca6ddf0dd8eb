"""The reasons that the product's own stock operations write with, for organizations that began before them."""

import uuid

from django.db import migrations
from uuid_utils.compat import uuid7

REASONS = (
    ("lot_correction", "Goods are of another lot", "either", "correction"),
    ("put_away", "Moved to another bin", "either", "issue"),
    ("destruction", "Brought to the destruction room", "either", "correction"),
    ("consumed", "Expired goods used up", "out", "correction"),
)


def add_reasons(apps, schema_editor):
    Organization = apps.get_model("warehouses", "Organization")
    ReasonCode = apps.get_model("inventory", "ReasonCode")
    for code, name, direction, nature in REASONS:
        having = ReasonCode.objects.filter(code_key=code).values("organization")
        ReasonCode.objects.bulk_create(
            ReasonCode(
                id=uuid.UUID(int=uuid7().int),
                organization=organization,
                code=code,
                code_key=code,
                name=name,
                direction=direction,
                nature=nature,
            )
            for organization in Organization.objects.exclude(pk__in=having)
        )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_stock_operations")]

    operations = [migrations.RunPython(add_reasons, migrations.RunPython.noop)]
