"""The whole of what a request could have changed, to be compared before and after."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection

from warehouses.models import Bin, IdempotencyRecord, Notice, Organization, Room, Warehouse

__all__ = ["everything"]


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the inventory, of stock requests and of cycle counts, and of what they rest on.

    Places, notices and idempotency records; not people, keys and what they did.
    """
    models = [
        *apps.get_app_config("inventory").get_models(),
        *apps.get_app_config("stock_requests").get_models(include_auto_created=True),
        *apps.get_app_config("cycle_counts").get_models(include_auto_created=True),
        Organization,
        Warehouse,
        Room,
        Bin,
        IdempotencyRecord,
        Notice,
    ]
    # As the database says it: thousands of tests look twice, and the fields' own types say no more.
    name = connection.ops.quote_name
    found = {}
    with connection.cursor() as cursor:
        for model in models:
            meta = model._meta
            cursor.execute(f"SELECT * FROM {name(meta.db_table)} ORDER BY {name(str(meta.pk.column))}")
            found[meta.label] = cursor.fetchall()
    return found
