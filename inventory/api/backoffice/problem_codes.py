"""The problem codes that only the backoffice contract has, part by part; those of several parts are here."""

from __future__ import annotations

from typing import Final

from inventory.api.backoffice.analytics.problem_codes import CODES as ANALYTICS
from inventory.api.backoffice.catalogue.problem_codes import CODES as CATALOGUE
from inventory.api.backoffice.channels.problem_codes import CODES as CHANNELS
from inventory.api.backoffice.holds.problem_codes import CODES as HOLDS
from inventory.api.backoffice.lots.problem_codes import CODES as LOTS
from inventory.api.backoffice.places.problem_codes import CODES as PLACES
from inventory.api.backoffice.put_away.problem_codes import CODES as PUT_AWAY
from inventory.api.backoffice.receipts.problem_codes import CODES as RECEIPTS
from inventory.api.backoffice.replenishment.problem_codes import CODES as REPLENISHMENT
from inventory.api.backoffice.reservations.problem_codes import CODES as RESERVATIONS
from inventory.api.backoffice.stock.problem_codes import CODES as STOCK
from inventory.api.backoffice.transfers.problem_codes import CODES as TRANSFERS
from inventory.api.backoffice.transitions import INVALID_TRANSITION
from inventory.api.backoffice.webhooks.problem_codes import CODES as WEBHOOKS

__all__ = ["BACKOFFICE"]

BACKOFFICE: Final = (
    *STOCK,
    *RECEIPTS,
    *RESERVATIONS,
    *HOLDS,
    *LOTS,
    *CHANNELS,
    *TRANSFERS,
    *PUT_AWAY,
    *REPLENISHMENT,
    *ANALYTICS,
    *CATALOGUE,
    *PLACES,
    *WEBHOOKS,
    INVALID_TRANSITION,
)
