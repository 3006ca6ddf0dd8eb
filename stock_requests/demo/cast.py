"""Who plays in the demonstration's requests: its people, each with what they may do."""

from __future__ import annotations

from typing import Final

from inventory.demo.documented import WAREHOUSE_A, key_of
from inventory.demo.people import People
from stock_requests.rights import READ
from warehouses.access import access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import Membership, Warehouse
from warehouses.people import set_extra_permissions

__all__ = ["APPROVER", "MANAGER", "OWNER", "STORE_MANAGER", "Cast"]

OWNER: Final = "owner"
MANAGER: Final = "manager"
STORE_MANAGER: Final = "store.manager"
APPROVER: Final = "approver"


class Cast(People):
    """The demonstration's people, of whom one is given a right more."""

    __slots__ = ()

    def let_the_shop_ask(self) -> None:
        """The shop's manager sees the requests of the warehouse that it is supplied from."""
        if STORE_MANAGER not in self.people:
            return
        set_extra_permissions(
            organization=self.organization,
            actor=SYSTEM,
            access=access_of_system(self.organization),
            membership=Membership.objects.select_related("user").get(
                organization=self.organization, user=self.people[STORE_MANAGER]
            ),
            permissions=[READ],
            warehouse=Warehouse.objects.get(pk=key_of(WAREHOUSE_A)),
        )
