from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["SELLABLE_BY_DEFAULT", "Room", "RoomType"]


class RoomType(models.TextChoices):
    SALES_FLOOR = "sales_floor", "Sales floor"
    VAULT = "vault", "Vault"
    QUARANTINE = "quarantine", "Quarantine"
    SECRET_MENU = "secret_menu", "Secret menu"
    STORAGE = "storage", "Storage"
    RECEIVING = "receiving", "Receiving"
    SHIPPING = "shipping", "Shipping"
    RETURNS = "returns", "Returns"
    DESTRUCTION = "destruction", "Destruction"


SELLABLE_BY_DEFAULT = frozenset(
    {RoomType.SALES_FLOOR, RoomType.VAULT, RoomType.SECRET_MENU, RoomType.STORAGE, RoomType.SHIPPING}
)


class Room(PublicModel):
    """A zone of a warehouse; its type says what the goods in it are for."""

    prefix = "room"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey("warehouses.Warehouse", on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=80)
    room_type = models.CharField(max_length=20, choices=RoomType.choices, default=RoomType.STORAGE)
    is_sellable = models.BooleanField(
        "sellable",
        default=True,
        help_text="Stock in a room that is not sellable is never promised to a channel.",
    )
    is_default = models.BooleanField(default=False, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("warehouse__name", "name")
        constraints = (
            models.UniqueConstraint(
                "warehouse",
                Lower("name"),
                name="warehouses_room_name",
                violation_error_message="There is a room of this name in the warehouse already.",
            ),
            models.UniqueConstraint(
                fields=("warehouse",), condition=Q(is_default=True), name="warehouses_room_default_once"
            ),
        )

    def __str__(self) -> str:
        return self.name
