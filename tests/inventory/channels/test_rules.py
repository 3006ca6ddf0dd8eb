"""Who may set and remove rules, whatever door they come through."""

from __future__ import annotations

import pytest

from inventory.channel_rules import remove_rule, set_rule
from inventory.models import ChannelPolicy, ChannelRule, StateChange
from tests import factories
from tests.inventory.channels.worlds import make_channel, make_rule
from warehouses.access import Access
from warehouses.actors import SYSTEM
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Refusal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("reads", "code"),
    [(True, "PERMISSION_DENIED"), (False, "WAREHOUSE_NOT_FOUND")],
    ids=["reads", "does not see"],
)
def test_only_in_warehouses_where_one_may_write(organization: Organization, reads: bool, code: str) -> None:
    sku, channel = factories.make_sku(organization), make_channel(organization)
    here = Warehouse.objects.get(organization=organization)
    there = factories.make_warehouse(organization, "There")
    make_rule(sku, there, channel, "excluded")
    rule = ChannelRule.objects.get()
    written = StateChange.objects.count()
    mine = frozenset({here.pk})
    access = Access(
        organization, SYSTEM, {"inventory.write": mine, "inventory.read": None if reads else mine}
    )
    with pytest.raises(Refusal) as refused:
        set_rule(access=access, sku=sku, warehouse=there, channel=channel, policy=ChannelPolicy.SHARED)
    assert refused.value.code == code
    with pytest.raises(Refusal) as refused:
        remove_rule(access=access, rule=rule)
    assert refused.value.code == code
    assert (ChannelRule.objects.get().policy, StateChange.objects.count()) == ("excluded", written)
    set_rule(access=access, sku=sku, warehouse=here, channel=channel, policy=ChannelPolicy.SHARED)
