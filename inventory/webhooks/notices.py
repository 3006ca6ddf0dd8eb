"""What somebody has to be told about their webhooks."""

from __future__ import annotations

from inventory.models import EndpointState, WebhookEndpoint
from warehouses.models import Organization
from warehouses.models.base import OrganizationQuerySet

__all__ = ["disabled_endpoints"]


def disabled_endpoints(organization: Organization | None) -> OrganizationQuerySet[WebhookEndpoint]:
    """The endpoints that get nothing any more until somebody resumes them, the latest first."""
    mine = WebhookEndpoint.objects.for_organization(organization)
    return mine.filter(state=EndpointState.DISABLED, removed_at__isnull=True).order_by("-disabled_at", "id")
