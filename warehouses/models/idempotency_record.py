from __future__ import annotations

from django.db import models

__all__ = ["IdempotencyRecord"]


class IdempotencyRecord(models.Model):
    """The stored answer to a write with an `Idempotency-Key`, committed together with its effect.

    `caller` is the actor's type and id: two callers of one organization may use the same key for different things.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE, related_name="+")
    caller = models.CharField(max_length=48)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, route and canonical body.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    is_sealed = models.BooleanField(default=False, help_text="The body holds a secret, and is stored sealed.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "caller", "key"), name="warehouses_idempotency_record_key"
            ),
        )

    def __str__(self) -> str:
        return self.key
