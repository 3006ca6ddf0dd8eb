"""What a request has changed, told from who did what between its beginning and its answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Adjustment
from inventory.request_changes import Changes, changes_of
from tests import factories
from warehouses.access import Access, access_of_key, access_of_system
from warehouses.actors import SYSTEM, ActorType
from warehouses.models import ApiKey, Organization, RequestRecord


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)


def around(organization: Organization, **fields: Any) -> RequestRecord:
    """A request that began a second ago and has just been answered, by the system (as factories' stock is)."""
    given: dict[str, Any] = {
        "organization": organization,
        "request_id": "one",
        "started_at": timezone.now() - timedelta(seconds=1),
        "milliseconds": 1000,
        "method": "POST",
        "path": "/api/v1/inventory/adjust",
        "status": 200,
        "actor_type": ActorType.SYSTEM,
        "actor_id": SYSTEM.id,
        "actor_name": "system",
    }
    made = RequestRecord(**(given | fields))
    made.save()
    return made


@pytest.fixture
def record(organization: Organization) -> RequestRecord:
    factories.stock(factories.make_sku(organization, "TEA-1"), organization.default_warehouse, 3)
    # Nobody's key is None: a person's or a key's is asked for in life, here it is the system's.
    return around(organization)


def told(changes: Changes) -> list[tuple[str, str]]:
    return [(change.prefix, change.what) for change in changes.rows]


def test_what_was_posted_meanwhile(access: Access, record: RequestRecord) -> None:
    with CaptureQueriesContext(connection) as captured:
        changes = changes_of(access=access, record=record)

    assert told(changes) == [("adj", "posted 1 movement")]
    assert changes.rows[0].public_id == Adjustment.objects.get().public_id
    assert not changes.is_shared
    assert len(captured) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "GET"},
        {"status": 422},
        {"is_replay": True},
        {"started_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_nothing_where_it_did_nothing(access: Access, record: RequestRecord, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(record, name, value)

    assert changes_of(access=access, record=record) == Changes()


def test_it_is_said_where_two_requests_of_one_caller_were_under_way(
    access: Access, record: RequestRecord, organization: Organization
) -> None:
    other = around(organization, request_id="two", method="GET")
    assert not changes_of(access=access, record=record).is_shared
    other.delete()
    around(organization, request_id="two", status=500)

    assert changes_of(access=access, record=record).is_shared


def test_for_those_who_see_all_stock_and_only_of_their_organization(
    access: Access, record: RequestRecord, organization: Organization
) -> None:
    rival = factories.make_organization("Rival")
    factories.make_key(organization, ["integrations.manage"], name="Blind")
    factories.make_key(
        organization, ["inventory.read"], warehouses=[organization.default_warehouse], name="One"
    )

    assert told(changes_of(access=access, record=record)) != []
    assert changes_of(access=access_of_system(rival), record=record) == Changes()
    for key in ApiKey.objects.all():
        assert changes_of(access=access_of_key(key), record=record) == Changes()


def test_what_the_same_caller_did_elsewhere_is_not_told(access: Access, organization: Organization) -> None:
    rival = factories.make_organization("Rival")
    factories.stock(factories.make_sku(rival, "TEA-1"), rival.default_warehouse, 3)

    assert changes_of(access=access, record=around(organization)) == Changes()
