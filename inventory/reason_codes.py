"""The reason codes that every organization starts with: those of the contracts, and the product's own."""

from __future__ import annotations

from collections.abc import Iterable

from inventory.models import Direction, Nature, ReasonCode
from warehouses.models import Organization

__all__ = ["BUILT_IN", "STANDARD", "create_reason_codes", "find_reason_codes"]

# What the product itself writes with: the gateway's changes, reversals, and full syncs. These stay as they are.
BUILT_IN = frozenset(
    {
        "adjustment",
        "reversal",
        "sync",
        "transfer",
        "supplier_receipt",
        "cycle_count",
        "lot_correction",
        "put_away",
        "destruction",
        "consumed",
        "sale",
        "stock_request",
    }
)

# code, name, direction, nature: the pos contract's in capitals, nexus's and our own in small letters.
STANDARD: tuple[tuple[str, str, Direction, Nature], ...] = (
    ("SALE", "Retail sale", Direction.OUT, Nature.ISSUE),
    ("RETURN", "Customer return", Direction.IN, Nature.RECEIPT),
    ("ADJUSTMENT", "Manual adjustment", Direction.EITHER, Nature.CORRECTION),
    ("DAMAGE", "Damaged goods", Direction.OUT, Nature.CORRECTION),
    ("THEFT", "Theft or shrinkage", Direction.OUT, Nature.CORRECTION),
    ("TRANSFER", "Transfer between locations", Direction.EITHER, Nature.ISSUE),
    ("AUDIT", "Audit correction", Direction.EITHER, Nature.CORRECTION),
    ("supplier_receipt", "Received from a supplier", Direction.IN, Nature.RECEIPT),
    ("cycle_count", "Cycle count", Direction.EITHER, Nature.CORRECTION),
    ("opening_stock", "Opening stock", Direction.IN, Nature.RECEIPT),
    ("reversal", "Reversal of an adjustment", Direction.EITHER, Nature.CORRECTION),
    ("found", "Found goods", Direction.IN, Nature.CORRECTION),
    ("supplier_return", "Returned to a supplier", Direction.OUT, Nature.ISSUE),
    ("sync", "Taken over from a point of sale", Direction.EITHER, Nature.CORRECTION),
    ("expired", "Expired goods written off", Direction.OUT, Nature.CORRECTION),
    ("lot_correction", "Goods are of another lot", Direction.EITHER, Nature.CORRECTION),
    ("put_away", "Moved to another bin", Direction.EITHER, Nature.ISSUE),
    ("destruction", "Brought to the destruction room", Direction.EITHER, Nature.CORRECTION),
    ("consumed", "Expired goods used up", Direction.OUT, Nature.CORRECTION),
    ("stock_request", "Handed out for a request", Direction.OUT, Nature.ISSUE),
)


def create_reason_codes(organization: Organization) -> None:
    """Give a new organization the standard reason codes."""
    ReasonCode.objects.bulk_create(
        ReasonCode(
            organization=organization,
            code=code,
            code_key=code.casefold(),
            name=name,
            direction=direction,
            nature=nature,
        )
        for code, name, direction, nature in STANDARD
    )


def find_reason_codes(*, organization: Organization, codes: Iterable[str]) -> dict[str, ReasonCode]:
    """The active reason codes among `codes`, by their case-folded code. One query."""
    found = ReasonCode.objects.filter(
        organization=organization, is_active=True, code_key__in={code.casefold() for code in codes}
    )
    return {reason.code_key: reason for reason in found}
