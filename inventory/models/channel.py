from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Channel", "ChannelPolicy", "ChannelRule"]


class Channel(PublicModel):
    """Where stock is sold: the web shop, a marketplace, the shop floor."""

    prefix = "chan"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(
        max_length=40,
        validators=[
            RegexValidator(
                r"\A[a-z0-9]+([_-][a-z0-9]+)*\Z",
                "Small letters and digits, with - or _ between, as in web-shop.",
            )
        ],
    )
    name = models.CharField(max_length=120)
    buffer = models.PositiveIntegerField(
        default=0,
        help_text="Units that are kept back from this channel in every location, unless a rule says otherwise.",
    )
    is_active = models.BooleanField(
        default=True, help_text="Nothing is promised to a channel that is not active."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                "organization",
                Lower("code"),
                name="inventory_channel_code",
                violation_error_message="There is a channel with this code already.",
            ),
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                name="inventory_channel_name",
                violation_error_message="There is a channel of this name already.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ChannelPolicy(models.TextChoices):
    """`shared`: whatever can be promised; `allocated`: no more than its allocation; `excluded`: nothing."""

    SHARED = "shared", "Shared"
    ALLOCATED = "allocated", "Allocated"
    EXCLUDED = "excluded", "Excluded"


class ChannelRule(PublicModel):
    """What a channel may be promised of one SKU in one location. Without a rule the channel shares all of it."""

    prefix = "rule"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    channel = models.ForeignKey(
        "inventory.Channel", on_delete=models.CASCADE, related_name="rules", db_index=False
    )
    sku = models.ForeignKey("inventory.Sku", verbose_name="SKU", on_delete=models.CASCADE, related_name="+")
    warehouse = models.ForeignKey(
        "warehouses.Warehouse", verbose_name="location", on_delete=models.CASCADE, related_name="+"
    )
    policy = models.CharField(max_length=10, choices=ChannelPolicy.choices, default=ChannelPolicy.SHARED)
    allocation = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="At most so many units, less what is reserved for the channel already.",
    )
    buffer = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Units kept back from the channel here. Empty: the channel's own buffer.",
    )
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("sku__code_key", "warehouse__name", "channel__name")
        constraints = (
            models.UniqueConstraint(
                fields=("channel", "warehouse", "sku"),
                name="inventory_channel_rule_once",
                violation_error_message="The channel has a rule for this SKU and location already.",
            ),
            models.CheckConstraint(
                condition=Q(policy="allocated", allocation__isnull=False)
                | (~Q(policy="allocated") & Q(allocation__isnull=True)),
                name="inventory_channel_rule_allocation",
                violation_error_message="An allocation belongs to the policy “allocated”, and to no other.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku} in {self.warehouse} for {self.channel}: {self.policy}"
