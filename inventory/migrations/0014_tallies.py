"""What makes long lists as fast as short ones: how many rows they have, what is low among the stock items, and keys in
the indexes that pages are cut out of.

The triggers that keep both are installed after the migrations, and count what is there.
"""

import django.db.models.deletion
from django.db import migrations, models


def collate(apps, schema_editor):
    """As the codes are that the marks are made of."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            'ALTER TABLE inventory_stocktally ALTER COLUMN mark TYPE varchar(128) COLLATE "C"'
        )


def replaced(name, fields, condition=None):
    """The index `name` of stock levels again, with the key in it."""
    return (
        migrations.RemoveIndex(model_name="stocklevel", name=name),
        migrations.AddIndex(
            model_name="stocklevel",
            index=models.Index(fields=fields, include=("id",), name=name, condition=condition),
        ),
    )


def to(model):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        null=model == "warehouse",
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=f"warehouses.{model}",
    )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0013_explorer"), ("warehouses", "0006_request_log")]

    operations = [
        migrations.CreateModel(
            name="StockTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("organization", to("organization")),
                ("warehouse", to("warehouse")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("level", "Level"),
                            ("summary", "Summary"),
                            ("item", "Item"),
                            ("sku", "Sku"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[("change", "Change"), ("total", "Total"), ("block", "Block")], max_length=8
                    ),
                ),
                ("status", models.CharField(blank=True, max_length=12)),
                ("is_low", models.BooleanField()),
                ("mark", models.CharField(max_length=128, null=True)),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "verbose_name_plural": "stock tallies",
                "indexes": [
                    models.Index(
                        fields=["organization", "kind", "form", "mark"],
                        include=("warehouse", "status", "is_low", "amount"),
                        name="inventory_tally_of_list",
                    ),
                    models.Index(
                        fields=["organization", "kind"],
                        name="inventory_tally_changes",
                        condition=models.Q(("form", "change")),
                    ),
                ],
            },
        ),
        migrations.RunPython(collate, migrations.RunPython.noop),
        migrations.AddField(
            model_name="stockitem",
            name="is_low",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Of its stock level, repeated by a trigger: lists filter by it.",
            ),
        ),
        migrations.AddIndex(
            model_name="stockitem",
            index=models.Index(
                condition=models.Q(("is_low", True)),
                fields=["organization", "created_at", "id"],
                include=("warehouse",),
                name="inventory_item_low",
            ),
        ),
        migrations.AddIndex(
            model_name="stockitem",
            index=models.Index(
                condition=models.Q(("is_low", True)),
                fields=["warehouse", "created_at", "id"],
                name="inventory_item_low_warehouse",
            ),
        ),
        *replaced("inventory_level_in_warehouse", ["warehouse", "sort_code"]),
        *replaced(
            "inventory_level_low",
            ["organization", "sort_code", "warehouse"],
            models.Q(("is_low", True)),
        ),
        *replaced("inventory_level_low_warehouse", ["warehouse", "sort_code"], models.Q(("is_low", True))),
    ]
