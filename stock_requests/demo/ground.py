"""What the demonstration's requests stand on: departments, stocklists, approval rules and a delegation."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from inventory.demo.documented import STORE, WAREHOUSE_A, key_of
from inventory.models import Category, Sku
from stock_requests.approvals.delegations import create_delegation
from stock_requests.approvals.policies import create_approval_rule
from stock_requests.demo.cast import APPROVER, MANAGER, OWNER, Cast
from stock_requests.demo.documented import DEPARTMENT, SPARE_STOCKLIST, STOCKLIST, STOCKLIST_LINES
from stock_requests.drafting import Destination, WantedLine
from stock_requests.models import Department, Priority
from stock_requests.stocklists import create_stocklist
from warehouses.models import Warehouse

__all__ = ["DEPARTMENTS", "VALUABLE_FROM", "WATCHED", "lay_ground"]

DEPARTMENTS: Final = ("Photo studio", "Office", "Events")
#: Requests of so much in the organization's currency need two approvals.
VALUABLE_FROM: Final = Decimal(750)
#: The category whose requests the owner wants to see.
WATCHED: Final = "Tools"


def lay_ground(cast: Cast, *, now: datetime) -> None:
    """The delegation is in force today, and for some days more."""
    cast.let_the_shop_ask()
    organization = cast.organization
    for name, key in zip(DEPARTMENTS, (key_of(DEPARTMENT), None, None), strict=True):
        Department.objects.create(organization=organization, name=name, **({"id": key} if key else {}))
    _write_stocklists(cast, now)
    if OWNER not in cast.people:
        return
    access = cast.access(OWNER)
    create_approval_rule(
        access=access, name="Two pairs of eyes", minimum_value=VALUABLE_FROM, approvals=2, approvers=[]
    )
    watched = Category.objects.filter(organization=organization, name=WATCHED).first()
    if watched is not None:
        create_approval_rule(
            access=access,
            name="Tools leave with the owner's word",
            category=watched,
            approvals=1,
            approvers=[cast.people[OWNER]],
        )
    today = organization.today()
    create_delegation(
        access=access,
        delegator=cast.people[OWNER],
        delegate=cast.people[APPROVER],
        starts_on=today - timedelta(days=1),
        ends_on=today + timedelta(days=6),
        note="At the trade fair in Frankfurt",
    )


def _write_stocklists(cast: Cast, now: datetime) -> None:
    organization = cast.organization
    access = cast.access(MANAGER)
    first = Warehouse.objects.get(pk=key_of(WAREHOUSE_A))
    shop = Warehouse.objects.get(pk=key_of(STORE))
    skus = {sku.code: sku for sku in Sku.objects.filter(organization=organization, code__contains="-00")}
    weekly = create_stocklist(
        access=access,
        name="Weekly restock of the shop",
        from_warehouse=first,
        to=Destination(shop),
        lines=[WantedLine(skus["SKU-002"], 24), WantedLine(skus["REGEN-002"], 30)],
        key=key_of(STOCKLIST),
        created_at=now - timedelta(days=70),
    )
    for position, public_id in enumerate(STOCKLIST_LINES, start=1):
        weekly.lines.filter(position=position).update(id=key_of(public_id))
    create_stocklist(
        access=access,
        name="Spring window",
        from_warehouse=first,
        to=Destination(shop),
        note="What the window shows in March and April",
        lines=[WantedLine(skus["SKU-001"], 6), WantedLine(skus["REGEN-003"], 4)],
        key=key_of(SPARE_STOCKLIST),
        created_at=now - timedelta(days=41),
    )
    create_stocklist(
        access=access,
        name="Samples for the studio",
        from_warehouse=first,
        to=Destination(department=Department.objects.get(pk=key_of(DEPARTMENT))),
        priority=Priority.LOW,
        note="One of each new colour",
        lines=[WantedLine(skus["SKU-001"], 2), WantedLine(skus["REGEN-001"], 2)],
        created_at=now - timedelta(days=33),
    )
