from __future__ import annotations

from django.db import models

__all__ = ["RequestSettings"]


class RequestSettings(models.Model):
    """How an organization wants its requests handled; without a row it is as the defaults here say."""

    organization = models.OneToOneField(
        "warehouses.Organization", primary_key=True, on_delete=models.CASCADE, related_name="request_settings"
    )
    allows_self_approval = models.BooleanField(
        "people may approve their own requests",
        default=False,
        help_text="Off: whoever has made or submitted a request never decides on it.",
    )

    class Meta:
        verbose_name = "request settings"
        verbose_name_plural = "request settings"

    def __str__(self) -> str:
        return f"Request settings of {self.organization}"
