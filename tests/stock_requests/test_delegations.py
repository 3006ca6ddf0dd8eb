"""Who may be asked in somebody's place, and from when to when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.history import history_of
from stock_requests.approvals.delegations import (
    create_delegation,
    delegators_of,
    find_delegation,
    revoke_delegation,
    visible_delegations,
)
from stock_requests.models import Delegation
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.deciding import key_access, refused, run
from tests.stock_requests.test_approving_together import leave
from warehouses.refusals import Conflict, Forbidden, NotFound, RuleBroken


def days(ground: Ground, first: int = 0, last: int = 0) -> dict[str, date]:
    today = ground.organization.today()
    return {"starts_on": today + timedelta(days=first), "ends_on": today + timedelta(days=last)}


def wish(ground: Ground, delegator: str, delegate: str, first: int = 0, last: int = 0) -> dict[str, Any]:
    people = {"delegator": ground.people[delegator], "delegate": ground.people[delegate]}
    return people | days(ground, first, last)


def test_people_delegate_what_is_asked_of_themselves(ground: Ground) -> None:
    wanted = wish(ground, "approver", "owner", 0, 6)
    made = run(create_delegation, access=ground.approver, note="Holidays", **wanted)
    (entry,) = history_of([made])[made.pk]
    assert (entry.action, entry.to_state, entry.note, entry.actor_name) == (
        *("create", "active", "Holidays"),
        "approver@acme.example",
    )
    assert delegators_of(ground.organization, ground.people["owner"].pk) == {ground.people["approver"].pk}


def test_who_manages_the_organization_delegates_for_others(ground: Ground) -> None:
    run(create_delegation, access=ground.owner, **wish(ground, "approver", "second_approver"))
    key = key_access(ground, "organization.manage")
    run(create_delegation, access=key, **wish(ground, "second_approver", "approver"))
    for access in (ground.second_approver, ground.picker, key_access(ground, "stockrequests.approve")):
        refused(
            *(Forbidden, "PERMISSION_DENIED", create_delegation),
            **{"access": access, **wish(ground, "approver", "owner")},
        )


def test_a_key_does_not_delegate_what_is_asked_of_its_maker(ground: Ground) -> None:
    key = key_access(ground, "stockrequests.approve", maker=ground.people["approver"])
    refused(
        *(Forbidden, "PERMISSION_DENIED", create_delegation),
        **{"access": key, **wish(ground, "approver", "owner")},
    )


@pytest.mark.parametrize(
    ("delegator", "delegate", "first", "last", "code", "field"),
    [
        ("owner", "owner", 0, 0, "DELEGATE_IS_DELEGATOR", "delegate"),
        ("owner", "approver", 1, 0, "ENDS_BEFORE_START", "ends_on"),
        ("owner", "approver", -2, -1, "ENDS_IN_PAST", "ends_on"),
        ("picker", "approver", 0, 0, "DELEGATOR_LACKS_RIGHT", "delegator"),
        ("owner", "picker", 0, 0, "DELEGATE_LACKS_RIGHT", "delegate"),
        ("owner", "stranger", 0, 0, "DELEGATE_LACKS_RIGHT", "delegate"),
        ("owner", "suspended", 0, 0, "DELEGATE_LACKS_RIGHT", "delegate"),
        ("approver", "clinic", 0, 0, "DELEGATE_LACKS_RIGHT", "delegate"),
    ],
)
def test_what_cannot_be_delegated(
    ground: Ground, delegator: str, delegate: str, first: int, last: int, code: str, field: str
) -> None:
    elsewhere = factories.make_organization("Elsewhere")
    ground.people["stranger"] = factories.make_person("out@example.com", {elsewhere: ["Owner"]})
    ground.people["suspended"] = factories.make_person("gone@acme.example", {ground.organization: ["Owner"]})
    leave(ground, "suspended")
    ground.people["clinic"] = factories.make_person(
        "clinic@acme.example", {ground.organization: [("Approver", ground.destination)]}
    )
    wanted = wish(ground, delegator, delegate, first, last)
    refusal = refused(RuleBroken, code, create_delegation, access=ground.owner, **wanted)
    assert refusal.problems[0].field == field
    assert not Delegation.objects.exists()


def test_one_who_may_where_the_other_may_can_stand_in_there(ground: Ground) -> None:
    ground.people["clinic"] = factories.make_person(
        "clinic@acme.example", {ground.organization: [("Approver", ground.destination)]}
    )
    run(create_delegation, access=ground.owner, **wish(ground, "owner", "clinic"))
    run(create_delegation, access=ground.owner, **wish(ground, "clinic", "owner"))


@pytest.mark.parametrize(
    ("first", "last", "overlaps"),
    [(4, 6, True), (1, 2, True), (6, 9, True), (0, 9, True), (0, 1, True), (0, 0, False), (7, 7, False)],
)
def test_the_same_two_have_one_delegation_a_day(
    ground: Ground, first: int, last: int, overlaps: bool
) -> None:
    made = run(create_delegation, access=ground.owner, **wish(ground, "approver", "owner", 1, 6))
    wanted = {"access": ground.owner, **wish(ground, "approver", "owner", first, last)}
    if overlaps:
        refused(Conflict, "DELEGATION_OVERLAPS", create_delegation, **wanted)
        run(revoke_delegation, access=ground.owner, delegation=made)
    run(create_delegation, **wanted)
    run(create_delegation, access=ground.owner, **wish(ground, "owner", "approver", 1, 6))
    run(create_delegation, access=ground.owner, **wish(ground, "approver", "second_approver", 1, 6))


def test_days_are_those_of_the_organization(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Auckland it is the 2nd already when it is the 1st in UTC."""
    ground.organization.time_zone = "Pacific/Auckland"
    ground.organization.save()
    approver, owner = ground.people["approver"], ground.people["owner"]
    Delegation.objects.create(
        organization=ground.organization,
        delegator=approver,
        delegate=owner,
        starts_on=date(2026, 6, 2),
        ends_on=date(2026, 6, 2),
    )
    instants = {
        datetime(2026, 6, 1, 11, 59, tzinfo=UTC): False,
        datetime(2026, 6, 1, 12, 0, tzinfo=UTC): True,
        datetime(2026, 6, 2, 11, 59, tzinfo=UTC): True,
        datetime(2026, 6, 2, 12, 0, tzinfo=UTC): False,
    }
    for now, holds in instants.items():
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        assert bool(delegators_of(ground.organization, owner.pk)) == holds


def test_a_delegation_is_ended_by_who_gave_it_or_who_manages(ground: Ground) -> None:
    made = run(create_delegation, access=ground.approver, **wish(ground, "approver", "second_approver"))
    for other in (ground.second_approver, ground.picker):
        refused(Forbidden, "PERMISSION_DENIED", revoke_delegation, access=other, delegation=made)
    ended = run(revoke_delegation, access=ground.approver, delegation=made)
    assert ended.revoked_at is not None
    assert delegators_of(ground.organization, ground.people["second_approver"].pk) == frozenset()
    refused(Conflict, "ALREADY_REVOKED", revoke_delegation, access=ground.owner, delegation=made)
    assert [entry.action for entry in history_of([made])[made.pk]] == ["create", "revoke"]


def test_people_see_the_delegations_that_are_about_them(ground: Ground) -> None:
    made = run(create_delegation, access=ground.owner, **wish(ground, "approver", "second_approver"))
    for access in (ground.owner, ground.approver, ground.second_approver):
        assert list(visible_delegations(access=access)) == [made]
        assert find_delegation(access=access, public_id=made.public_id) == made
    for access in (ground.picker, key_access(ground, "stockrequests.approve")):
        assert list(visible_delegations(access=access)) == []
        with pytest.raises(NotFound):
            find_delegation(access=access, public_id=made.public_id)
    for public_id in ("nonsense", f"dlg_{'0' * 26}", made.public_id.replace("dlg", "req")):
        with pytest.raises(NotFound):
            find_delegation(access=ground.owner, public_id=public_id)
    elsewhere = factories.make_organization("Elsewhere")
    foreign = key_access(Ground(elsewhere, *[None] * 5, (), {}), "organization.manage")  # type: ignore[arg-type]
    assert list(visible_delegations(access=foreign)) == []
    refused(NotFound, "DELEGATION_NOT_FOUND", revoke_delegation, access=foreign, delegation=made)
