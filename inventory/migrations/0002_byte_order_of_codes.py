"""Codes in the order of their bytes on PostgreSQL, whatever the database's collation.

`LIKE 'prefix%'` then is a range of the index that also orders the lists, the order is that of SQLite, and an upgrade of
the C library cannot silently break it.
"""

from django.db import migrations

COLUMNS = (
    ("inventory_sku", "code_key"),
    ("inventory_stocklevel", "sort_code"),
    ("inventory_stocksummary", "sort_code"),
)


def collate(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, column in COLUMNS:
        schema_editor.execute(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar(128) COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [migrations.RunPython(collate, migrations.RunPython.noop)]
