"""What is going on in the demonstration's warehouses today: promises, holds, tasks and goods on their way."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from inventory.day_figures import refresh
from inventory.demo.adjustments import add_adjustments
from inventory.demo.catalogue_examples import add_catalogue_examples
from inventory.demo.channels import add_channels
from inventory.demo.expired_goods import add_expired_goods
from inventory.demo.holds import add_holds
from inventory.demo.places_examples import add_place_examples
from inventory.demo.put_away import add_put_away
from inventory.demo.replenishment import add_replenishment
from inventory.demo.reservations import add_reservations
from inventory.demo.transfers import add_transfers
from warehouses.models import Organization

__all__ = ["add_operations"]


def add_operations(*, organization: Organization, now: datetime) -> None:
    """After the story is told: all of it stands on the stock of today."""
    add_adjustments(organization=organization, now=now)
    add_channels(organization=organization, now=now)
    add_expired_goods(organization=organization, now=now)
    add_reservations(organization=organization, now=now)
    add_holds(organization=organization, now=now)
    add_replenishment(organization=organization, now=now)
    add_transfers(organization=organization, now=now)
    add_put_away(organization=organization, now=now)
    add_catalogue_examples(organization=organization, now=now)
    add_place_examples(organization=organization)
    for part in settings.DEMO_PARTS:  # of the apps above this one
        import_string(part)(organization=organization, now=now)
    refresh(organization=organization, now=now)
