"""The whole of what a request could have changed, to be compared before and after."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from warehouses.models import Bin, IdempotencyRecord, Organization, Room, Warehouse

__all__ = ["everything"]


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the inventory app, of places and of idempotency records."""
    models = [
        *apps.get_app_config("inventory").get_models(),
        Organization,
        Warehouse,
        Room,
        Bin,
        IdempotencyRecord,
    ]
    return {model._meta.label: list(model._base_manager.order_by("pk").values_list()) for model in models}
