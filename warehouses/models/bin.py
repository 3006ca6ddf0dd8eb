from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from warehouses.models.base import OrganizationQuerySet, PublicModel
from warehouses.models.room import Room

__all__ = ["Bin"]


class Bin(PublicModel):
    """A shelf position in a room. Pickers and counters walk bins in the order of their pick sequence."""

    prefix = "bin"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey("warehouses.Warehouse", on_delete=models.PROTECT, related_name="bins")
    room = models.ForeignKey("warehouses.Room", on_delete=models.PROTECT, related_name="bins")
    code = models.CharField(max_length=40)
    barcode = models.CharField(max_length=80, blank=True)
    pick_sequence = models.PositiveIntegerField(default=0)
    capacity = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many units fit. Empty: no limit."
    )
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("warehouse__name", "pick_sequence", "code")
        indexes = (models.Index(fields=("warehouse", "pick_sequence", "code"), name="warehouses_bin_walk"),)
        constraints = (
            models.UniqueConstraint(
                "warehouse",
                Lower("code"),
                name="warehouses_bin_code",
                violation_error_message="There is a bin with this code in the warehouse already.",
            ),
            models.UniqueConstraint(
                fields=("organization", "barcode"),
                condition=~Q(barcode=""),
                name="warehouses_bin_barcode",
            ),
            models.UniqueConstraint(
                fields=("warehouse",), condition=Q(is_default=True), name="warehouses_bin_default_once"
            ),
        )

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        super().clean()
        # The one at hand, if there is one: bins are made by the hundred.
        room = self._state.fields_cache.get("room") or Room.objects.filter(pk=self.room_id).first()
        if room is not None and room.warehouse_id != self.warehouse_id:
            raise ValidationError({"room": "The room is in another warehouse."})
