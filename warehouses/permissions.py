"""The one vocabulary of permissions, and the roles that bundle them.

The names are those of the backoffice contract. API key scopes may be written with a colon (`inventory:write`)
and mean the same. `inventory.write` includes `inventory.adjust` and reading: the nexus contract lets either of
its two scopes read. Names that the contracts do not have (`products.write`, `locations.write`,
`organization.manage`, `integrations.manage`, `inventory.countreview`) guard what only this product offers.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["DESCRIPTIONS", "ROLES", "codename", "expand", "is_known", "normalize"]

DESCRIPTIONS: dict[str, str] = {
    "inventory.read": "Read stock, movements, lots and holds",
    "inventory.write": "Set and receive stock, hold and reserve it",
    "inventory.adjust": "Adjust stock and reverse adjustments",
    "inventory.cyclecount": "Plan and carry out cycle counts",
    "inventory.countreview": "Review cycle counts and post their differences",
    "replenishment.read": "Read replenishment settings and suggestions",
    "replenishment.write": "Change replenishment settings, create replenishments",
    "transfers.read": "Read transfers",
    "transfers.write": "Create, ship and receive transfers",
    "products.read": "Read the catalogue",
    "products.write": "Change the catalogue",
    "locations.write": "Change warehouses, rooms and bins",
    "stockrequests.read": "Read stock requests",
    "stockrequests.write": "Create and change stock requests",
    "stockrequests.approve": "Approve and reject stock requests",
    "organization.manage": "Manage people, roles, API keys and settings",
    "integrations.manage": "Manage webhooks and point-of-sale connections",
}

_INCLUDED: dict[str, frozenset[str]] = {
    "inventory.write": frozenset({"inventory.read", "inventory.adjust"}),
    "inventory.countreview": frozenset({"inventory.cyclecount"}),
}

_READS = frozenset(name for name in DESCRIPTIONS if name.endswith(".read"))

ROLES: dict[str, frozenset[str]] = {
    "Owner": frozenset(DESCRIPTIONS),
    "Warehouse manager": frozenset(DESCRIPTIONS)
    - {"stockrequests.approve", "organization.manage", "integrations.manage"},
    "Approver": _READS | {"stockrequests.write", "stockrequests.approve", "inventory.countreview"},
    # Whoever counts blind sees no stock anywhere else either.
    "Counter": frozenset({"inventory.cyclecount"}),
    "Viewer": _READS,
}


def normalize(name: str) -> str:
    """`inventory:write` and `inventory.write` name one permission."""
    return name.strip().lower().replace(":", ".")


def is_known(name: str) -> bool:
    return name in DESCRIPTIONS


def expand(names: Iterable[str]) -> frozenset[str]:
    """`names` with everything that they include."""
    found: set[str] = set()
    for name in names:
        found.add(name)
        found |= _INCLUDED.get(name, frozenset())
    return frozenset(found)


def codename(name: str) -> str:
    """The Django codename: guardian splits a permission at its dots, so ours holds none."""
    return name.replace(".", "_")
