"""Where goods are asked of and where they go, as requests and stocklists alike take and show it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.models import Category
from stock_requests.models import Department
from warehouses.http.fields import StrictSerializer, TypeIdField
from warehouses.models import Room, Warehouse

__all__ = ["ChangedEnds", "Destined", "EndsRow"]


class Destined(StrictSerializer):
    """Where the goods of something new go, if anywhere, and what kind of goods it is about."""

    toLocationId = TypeIdField(Warehouse.prefix, required=False, help_text="The location that they go to.")
    toRoomId = TypeIdField(
        Room.prefix,
        required=False,
        help_text="The room that they go to, of the source or of another location.",
    )
    toDepartmentId = TypeIdField(
        Department.prefix,
        required=False,
        help_text="The department that uses them up; not together with a location or room.",
    )
    categoryId = TypeIdField(Category.prefix, required=False, help_text="What kind of goods it is about.")


class ChangedEnds(StrictSerializer):
    """What is not given stays as it is."""

    fromLocationId = TypeIdField(
        Warehouse.prefix, required=False, help_text="The location that the goods are asked of."
    )
    toLocationId = TypeIdField(
        Warehouse.prefix,
        required=False,
        allow_null=True,
        help_text="The location that they go to; null for none.",
    )
    toRoomId = TypeIdField(
        Room.prefix, required=False, allow_null=True, help_text="The room that they go to; null for none."
    )
    toDepartmentId = TypeIdField(
        Department.prefix,
        required=False,
        allow_null=True,
        help_text="The department that uses them up; null for none.",
    )
    categoryId = TypeIdField(
        Category.prefix,
        required=False,
        allow_null=True,
        help_text="What kind of goods it is about; null for none.",
    )


class EndsRow(serializers.Serializer[Any]):
    """Both ends with their names, for the document."""

    fromLocationId = serializers.CharField(help_text="The location that the goods are asked of.")
    fromLocationName = serializers.CharField(help_text="Its name.")
    toLocationId = serializers.CharField(
        allow_null=True, help_text="The location that they go to; null: they leave the stock for good."
    )
    toLocationName = serializers.CharField(allow_null=True, help_text="Its name.")
    toRoomId = serializers.CharField(allow_null=True, help_text="The room that they go to.")
    toRoomName = serializers.CharField(allow_null=True, help_text="Its name.")
    toDepartmentId = serializers.CharField(allow_null=True, help_text="The department that uses them up.")
    toDepartmentName = serializers.CharField(allow_null=True, help_text="Its name.")
    categoryId = serializers.CharField(allow_null=True, help_text="What kind of goods it is about.")
    categoryName = serializers.CharField(allow_null=True, help_text="Its name.")
