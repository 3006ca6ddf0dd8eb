"""A database as the first release left it: `python -m tests.upgrade.first_release` makes it of DATABASE_URL."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import django
from django.core.management.color import no_style

FILE = Path(__file__).resolve().parents[1] / "data" / "first_release.json.gz"


def content() -> dict[str, Any]:
    """`migrations`: the last of each app; `tables`: fields and rows of each model that has some."""
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found


def make() -> None:
    from django.db import connection, transaction
    from django.db.migrations.executor import MigrationExecutor

    kept = content()
    executor = MigrationExecutor(connection)
    own = kept["migrations"]
    others = [
        leaf
        for leaf in executor.loader.graph.leaf_nodes()
        if leaf[0] in {"contenttypes", "auth", "admin", "sessions"}
    ]
    guardian = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] == "guardian"]
    state = executor.migrate([*own.items(), *others, *guardian])
    with transaction.atomic():
        models = []
        for label, table in kept["tables"].items():
            model = state.apps.get_model(label)
            models.append(model)
            fields = {field.attname: field for field in model._meta.concrete_fields}
            model._base_manager.bulk_create(
                model(
                    **{
                        name: fields[name].to_python(value)
                        for name, value in zip(table["fields"], row, strict=True)
                    }
                )
                for row in table["rows"]
            )
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), models):
                cursor.execute(statement)


if __name__ == "__main__":
    django.setup()
    make()
