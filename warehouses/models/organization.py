from __future__ import annotations

import zoneinfo
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from warehouses.models.base import PublicModel
from warehouses.permissions import DESCRIPTIONS, codename

__all__ = ["Organization"]


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError("“%(name)s” is not a time zone of the tz database.", params={"name": name})


class Organization(PublicModel):
    """The tenant: owns everything below it, and sees nothing of another."""

    prefix = "org"

    name = models.CharField(max_length=120, unique=True)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="Days begin and end, and lots expire, in this time zone; for example Europe/Berlin.",
    )
    currency = models.CharField(
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", "Three capital letters, as in EUR.")],
    )
    default_warehouse = models.ForeignKey(
        "warehouses.Warehouse",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Takes the stock of an integrator who names no warehouse.",
    )
    expiry_warning_days = models.PositiveSmallIntegerField(
        default=30, help_text="Lots that expire within so many days are shown as expiring."
    )
    rate_limit = models.PositiveIntegerField(
        "requests a minute per API key",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Empty: the installation's setting.",
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        permissions = tuple((codename(name), text) for name, text in DESCRIPTIONS.items())

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def today(self) -> date:
        """The calendar day it is now where the organization is."""
        return timezone.localdate(timezone=self.zone)
