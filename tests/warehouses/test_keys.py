from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from warehouses import keys
from warehouses.access import Access, access_of_key, access_of_user
from warehouses.actors import SYSTEM, Actor, ActorType
from warehouses.models import ApiKey, Organization
from warehouses.refusals import Forbidden, InvalidInput, NotFound

Make = Callable[..., tuple[ApiKey, str]]


@pytest.fixture
def make(organization: Organization) -> Make:
    def make(**fields: Any) -> tuple[ApiKey, str]:
        given = {"organization": organization, "actor": SYSTEM, "name": "Shop", "scopes": ["inventory.read"]}
        return keys.create_key(**(given | fields))

    return make


def test_a_key_is_found_by_its_text_and_stored_as_a_hash(make: Make) -> None:
    made, text = make()

    assert len(text) == 46
    assert text.startswith("th_live_")
    assert keys.find_key(text) == made
    stored = ApiKey.objects.values().get()
    assert stored["visible_prefix"] == text[:16]
    assert stored["digest"] == hashlib.sha256(text.encode()).hexdigest()
    assert text not in str(stored)


def test_finding_a_key_costs_one_query_with_its_organization(make: Make) -> None:
    _, text = make()

    with CaptureQueriesContext(connection) as captured:
        found = keys.find_key(text)
        assert found is not None
        assert found.organization.name == "Acme"

    assert len(captured) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text[:20] + ("0" if text[20] != "0" else "1") + text[21:],
        lambda text: text.swapcase(),
        lambda text: f" {text}",
        lambda text: f"{text}\n",
        lambda text: text.replace("th_live_", "rg_live_"),
        lambda text: "th_live_" + "é" * 38,
        lambda text: "th_live_" + "０" * 38,
        lambda text: text * 1000,
    ],
)
def test_a_text_without_its_checksum_is_refused_without_a_query(make: Make, spoil: Any) -> None:
    _, text = make()

    with CaptureQueriesContext(connection) as captured:
        assert keys.find_key(spoil(text)) is None

    assert len(captured) == 0


def test_a_right_checksum_and_prefix_with_another_rest_opens_nothing(make: Make) -> None:
    _, text = make()
    random = text[8:16] + "A" * 24

    assert keys.find_key(f"th_live_{random}{keys._checksum(random)}") is None


def test_an_expired_key_stops_at_its_instant(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    expires_at = timezone.now() + timedelta(hours=1)
    made, text = make(expires_at=expires_at)

    monkeypatch.setattr(timezone, "now", lambda: expires_at - timedelta(microseconds=1))
    assert keys.find_key(text) == made
    monkeypatch.setattr(timezone, "now", lambda: expires_at)
    assert keys.find_key(text) is None


def test_a_revoked_key_stops_at_once_and_keeps_its_first_revocation(
    make: Make, organization: Organization
) -> None:
    made, text = make()

    keys.revoke_key(organization=organization, actor=SYSTEM, key=made)

    assert keys.find_key(text) is None
    first = ApiKey.objects.get().revoked_at
    keys.revoke_key(organization=organization, actor=SYSTEM, key=ApiKey.objects.get())
    assert ApiKey.objects.get().revoked_at == first


def test_a_key_of_another_organization_is_not_there_to_revoke(make: Make) -> None:
    made, text = make()
    other = factories.make_organization("Other")

    with pytest.raises(NotFound) as caught:
        keys.revoke_key(organization=other, actor=SYSTEM, key=made)

    assert caught.value.code == "KEY_NOT_FOUND"
    assert keys.find_key(text) == made


def test_a_key_of_an_inactive_organization_opens_nothing(make: Make, organization: Organization) -> None:
    _, text = make()
    Organization.objects.filter(pk=organization.pk).update(is_active=False)

    assert keys.find_key(text) is None


def test_scopes_with_a_colon_mean_the_same(make: Make) -> None:
    made, _ = make(scopes=["inventory:write", " Inventory.Write", "transfers:read"])

    assert made.scopes == ["inventory.write", "transfers.read"]
    assert access_of_key(made).may("inventory.adjust")


def test_a_scope_that_nobody_knows_is_named(make: Make) -> None:
    with pytest.raises(InvalidInput) as caught:
        make(scopes=["inventory.read", "inventory.rule"])

    assert caught.value.code == "INVALID_KEY"
    assert [(p.code, p.field) for p in caught.value.problems] == [("UNKNOWN_SCOPE", "scopes")]
    assert "inventory.rule" in caught.value.detail
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"contract": "Nexus!"}, "contract"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
    ],
)
def test_what_makes_no_key_is_named(make: Make, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make(**fields)

    assert [problem.field for problem in caught.value.problems] == [field]
    assert not ApiKey.objects.exists()


def test_a_pin_must_be_a_contract_that_the_settings_name(make: Make, settings: Any) -> None:
    settings.API_CONTRACTS = ("gateway", "nexus")

    assert make(contract="nexus")[0].contract == "nexus"
    with pytest.raises(InvalidInput):
        make(contract="nexsus")


def test_a_limited_key_sees_its_warehouses_and_none_once_they_are_gone(
    make: Make, organization: Organization
) -> None:
    place = factories.make_warehouse(organization, "Spare")
    made, _ = make(warehouses=[place])

    assert access_of_key(made).warehouse_ids("inventory.read") == frozenset({place.pk})
    made.warehouses.clear()
    assert access_of_key(ApiKey.objects.get()).warehouse_ids("inventory.read") == frozenset()


def test_a_foreign_warehouse_is_not_there(make: Make) -> None:
    foreign = factories.make_warehouse(factories.make_organization("Other"))

    with pytest.raises(NotFound) as caught:
        make(warehouses=[foreign])

    assert caught.value.code == "WAREHOUSE_NOT_FOUND"
    assert not ApiKey.objects.exists()


def test_a_key_cannot_make_keys(make: Make) -> None:
    made, _ = make()

    with pytest.raises(Forbidden):
        make(actor=Actor(type=ActorType.KEY, id=made.pk, name="Shop"))

    assert ApiKey.objects.count() == 1


def _granting(organization: Organization, **grants: Any) -> Access:
    actor = Actor(type=ActorType.USER, id=None, name="alice@example.com")
    given = {name.replace("__", "."): places for name, places in grants.items()}
    return Access(organization, actor, {"organization.manage": None} | given)


def test_a_key_does_what_its_maker_may(make: Make, organization: Organization) -> None:
    owner = factories.make_person("alice@example.com", {organization: ["Owner"]})
    granting = access_of_user(owner, organization)

    made, _ = make(scopes=["inventory.write", "organization.manage"], granting=granting, created_by=owner)

    assert made.created_by == owner


def test_a_key_has_no_scope_that_its_maker_lacks(make: Make, organization: Organization) -> None:
    granting = _granting(organization, inventory__read=None, inventory__write=None)

    # inventory.write includes inventory.adjust, which this maker lacks.
    with pytest.raises(Forbidden) as caught:
        make(scopes=["inventory.write"], granting=granting)

    assert caught.value.extra == {"missing": ["inventory.adjust"]}
    assert not ApiKey.objects.exists()


def test_a_key_reaches_no_warehouse_that_its_maker_does_not(make: Make, organization: Organization) -> None:
    mine, other = (
        factories.make_warehouse(organization, "Mine"),
        factories.make_warehouse(organization, "Not"),
    )
    granting = _granting(organization, inventory__read=frozenset({mine.pk}))

    make(warehouses=[mine], granting=granting)
    for places in ([], [other], [mine, other]):
        with pytest.raises(Forbidden):
            make(warehouses=places, granting=granting)

    assert ApiKey.objects.count() == 1


def test_making_keys_takes_the_right_to_manage_the_organization(
    make: Make, organization: Organization
) -> None:
    manager = factories.make_person("bob@example.com", {organization: ["Warehouse manager"]})

    with pytest.raises(Forbidden):
        make(granting=access_of_user(manager, organization))

    assert not ApiKey.objects.exists()


def test_rights_in_another_organization_grant_nothing(make: Make) -> None:
    other = factories.make_organization("Other")

    with pytest.raises(Forbidden):
        make(granting=_granting(other, inventory__read=None))

    assert not ApiKey.objects.exists()


def test_use_is_noted_once_a_minute(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = make()
    start = timezone.now()
    for seconds, writes, noted in ((0, 1, 0), (59, 0, 0), (60, 1, 60), (61, 0, 60)):
        monkeypatch.setattr(timezone, "now", lambda now=start + timedelta(seconds=seconds): now)
        found = keys.find_key(text)
        assert found is not None
        with CaptureQueriesContext(connection) as captured:
            keys.touch(found)
        assert len(captured) == writes
        assert ApiKey.objects.get().last_used_at == start + timedelta(seconds=noted)


def test_parallel_uses_write_the_note_once(make: Make) -> None:
    _, text = make()
    one, two = keys.find_key(text), keys.find_key(text)
    assert one is not None
    assert two is not None

    keys.touch(one)
    noted = ApiKey.objects.get().last_used_at
    keys.touch(two)

    assert ApiKey.objects.get().last_used_at == noted


def _command(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("create_api_key", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_prints_the_key_alone(organization: Organization) -> None:
    factories.make_warehouse(organization, "North")

    out, err = _command(
        *("--organization", "Acme", "--scopes", "inventory:read,inventory:write", "--warehouse", "north"),
        *("--contract", "nexus", "--name", "ERP", "--expires-days", "30"),
    )

    found = keys.find_key(out.removesuffix("\n"))
    assert found is not None
    assert (found.name, found.contract, found.scopes) == (
        "ERP",
        "nexus",
        ["inventory.read", "inventory.write"],
    )
    assert list(found.warehouses.values_list("name", flat=True)) == ["North"]
    assert found.expires_at is not None
    assert timedelta(days=29) < found.expires_at - timezone.now() <= timedelta(days=30)
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--organization", "Nobody", "--scopes", "inventory.read"], "no organization named 'Nobody'"),
        (["--organization", "Acme", "--scopes", "inventory.red"], "inventory.red"),
        (["--organization", "Acme", "--scopes", " , "], "at least one scope"),
        (["--organization", "Acme", "--scopes", "inventory.read", "--warehouse", "Moon"], "'Moon'"),
        (["--organization", "Acme", "--scopes", "inventory.read", "--expires-days", "0"], "--expires-days"),
    ],
)
def test_the_command_says_what_is_wrong(
    organization: Organization, arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        _command(*arguments)

    assert not ApiKey.objects.exists()


def test_the_command_takes_no_warehouse_of_another_organization(organization: Organization) -> None:
    factories.make_warehouse(factories.make_organization("Other"), "Theirs")

    with pytest.raises(CommandError):
        _command("--organization", "Acme", "--scopes", "inventory.read", "--warehouse", "Theirs")

    assert not ApiKey.objects.filter(organization=organization).exists()
