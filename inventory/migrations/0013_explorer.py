"""Indexes of what people look for: SKUs in the orders of the stock explorer and by words of their titles, lots by
code, what was ordered of a SKU.
"""

from django.db import migrations, models
from django.db.models.functions import Lower


def index_words(apps, schema_editor):
    """On PostgreSQL only: SQLite, where the stock is small, looks at the titles."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX inventory_sku_title_words ON inventory_sku USING gin (to_tsvector('simple', title))"
        )


def forget_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX inventory_sku_title_words")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0012_day_figures")]

    operations = [
        migrations.AddIndex(
            model_name="stocksummary",
            index=models.Index(
                fields=["organization", "available", "sort_code"], name="inventory_summary_available"
            ),
        ),
        migrations.AddIndex(
            model_name="stocksummary",
            index=models.Index(
                fields=["organization", "on_hand", "sort_code"], name="inventory_summary_on_hand"
            ),
        ),
        migrations.AddIndex(
            model_name="stocksummary",
            index=models.Index(
                condition=models.Q(("held__gt", 0)),
                fields=["organization", "sort_code"],
                name="inventory_summary_held",
            ),
        ),
        migrations.AddIndex(
            model_name="stocklevel",
            index=models.Index(
                condition=models.Q(("held__gt", 0)),
                fields=["warehouse", "sort_code"],
                name="inventory_level_held",
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(models.F("organization"), Lower("code"), name="inventory_lot_by_code"),
        ),
        migrations.AddIndex(
            model_name="replenishment",
            index=models.Index(fields=["sku", "-created_at"], name="inventory_replenishment_of_sku"),
        ),
        migrations.RunPython(index_words, forget_words),
    ]
