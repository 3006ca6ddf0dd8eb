"""Members, roles and extra permissions. Alice owns Acme, Bob works there, Charlie elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from tests.factories import make_organization, make_person
from tests.warehouses.conftest import Acme, access_of, role
from warehouses import invitations, people
from warehouses.access import access_of_user
from warehouses.actors import Actor, ActorType
from warehouses.models import (
    Invitation,
    Membership,
    Organization,
    OrganizationUserPermission,
    RoleAssignment,
    User,
    WarehouseUserPermission,
)
from warehouses.permissions import DESCRIPTIONS
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound


class TestRoles:
    def test_owner_gives_a_role_everywhere_or_in_one_warehouse(self, acme: Acme) -> None:
        member = acme.member(acme.bob)
        people.assign_role(**acme.as_(acme.alice), membership=member, role=role("Counter"))
        people.assign_role(
            **acme.as_(acme.alice), membership=member, role=role("Approver"), warehouse=acme.depot
        )

        access = access_of(acme, acme.bob)
        assert access.everywhere("inventory.cyclecount")
        assert access.warehouse_ids("stockrequests.approve") == {acme.depot.pk}

    def test_given_twice_is_one(self, acme: Acme) -> None:
        member = acme.member(acme.bob)
        for _ in range(2):
            people.assign_role(**acme.as_(acme.alice), membership=member, role=role("Counter"))

        assert RoleAssignment.objects.filter(membership=member, role=role("Counter")).count() == 1

    def test_nobody_gives_what_they_do_not_have(self, acme: Acme) -> None:
        # Dora manages people, and may do nothing else.
        dora = make_person("dora@example.com", {acme.organization: ["Viewer"]})
        people.set_extra_permissions(
            **acme.as_(acme.alice), membership=acme.member(dora), permissions=["organization.manage"]
        )

        with pytest.raises(Forbidden) as caught:
            people.assign_role(**acme.as_(dora), membership=acme.member(acme.bob), role=role("Owner"))
        assert caught.value.code == "ROLE_EXCEEDS_YOURS"
        assert "inventory.write" in caught.value.extra["missing"]
        with pytest.raises(Forbidden):
            invitations.invite(**acme.as_(dora), email="x@example.com", role=role("Approver"))
        with pytest.raises(Forbidden):
            people.set_extra_permissions(
                **acme.as_(dora),
                membership=acme.member(dora),
                permissions=["organization.manage", "transfers.write"],
            )
        assert access_of(acme, acme.bob).everywhere("organization.manage") is False
        assert access_of(acme, dora).may("transfers.write") is False
        assert not Invitation.objects.exists()
        people.assign_role(**acme.as_(dora), membership=acme.member(acme.bob), role=role("Viewer"))

    @pytest.mark.parametrize("who", ["bob", "charlie"])
    def test_others_change_nothing(self, acme: Acme, who: str) -> None:
        given = acme.as_(getattr(acme, who))
        alice = acme.member(acme.alice)
        assignment = RoleAssignment.objects.get(membership=alice)
        dora = make_person("dora@example.com")
        acts: list[Callable[[], object]] = [
            lambda: people.add_member(**given, user=dora, role=role("Owner")),
            lambda: people.assign_role(**given, membership=alice, role=role("Viewer")),
            lambda: people.withdraw_role(**given, assignment=assignment),
            lambda: people.suspend_member(**given, membership=alice),
            lambda: people.restore_member(**given, membership=alice),
            lambda: people.remove_member(**given, membership=alice),
            lambda: people.set_extra_permissions(**given, membership=alice, permissions=["inventory.read"]),
            lambda: invitations.invite(**given, email="x@example.com", role=role("Viewer")),
        ]
        before = list(RoleAssignment.objects.order_by("pk").values())

        for act in acts:
            with pytest.raises((Forbidden, NotFound)):
                act()

        assert list(RoleAssignment.objects.order_by("pk").values()) == before
        assert Membership.objects.filter(is_active=True).count() == 3
        assert not Invitation.objects.exists()
        assert not OrganizationUserPermission.objects.exists()

    def test_a_person_without_access_cannot_pass_for_the_system(self, acme: Acme) -> None:
        actor = Actor(ActorType.USER, acme.bob.pk, acme.bob.email)

        with pytest.raises(Forbidden):
            people.assign_role(
                organization=acme.organization,
                actor=actor,
                membership=acme.member(acme.bob),
                role=role("Owner"),
            )

    def test_foreign_warehouse_and_member_are_not_found(self, acme: Acme) -> None:
        given = acme.as_(acme.alice)
        charlie = Membership.objects.get(user=acme.charlie)
        for act in (
            lambda: people.assign_role(
                **given, membership=acme.member(acme.bob), role=role("Viewer"), warehouse=acme.theirs
            ),
            lambda: people.assign_role(**given, membership=charlie, role=role("Viewer")),
            lambda: people.withdraw_role(**given, assignment=RoleAssignment.objects.get(membership=charlie)),
            lambda: people.remove_member(**given, membership=charlie),
            lambda: invitations.invite(
                **given, email="x@example.com", role=role("Viewer"), warehouse=acme.theirs
            ),
        ):
            with pytest.raises(NotFound):
                act()
        assert RoleAssignment.objects.filter(membership=charlie).count() == 1

    def test_withdrawn_role_gives_nothing_on_the_next_look(self, acme: Acme) -> None:
        assignment = RoleAssignment.objects.get(membership__user=acme.bob)

        people.withdraw_role(**acme.as_(acme.alice), assignment=assignment)

        assert access_of(acme, acme.bob).grants == {}


class TestLastOwner:
    def test_stays_in_every_way(self, acme: Acme) -> None:
        given = acme.as_(acme.alice)
        member = acme.member(acme.alice)
        for act in (
            lambda: people.remove_member(**given, membership=member),
            lambda: people.suspend_member(**given, membership=member),
            lambda: people.withdraw_role(**given, assignment=RoleAssignment.objects.get(membership=member)),
        ):
            with pytest.raises(Conflict) as caught:
                act()
            assert caught.value.code == "LAST_OWNER"
        assert access_of(acme, acme.alice).everywhere("organization.manage")

    def test_may_go_once_there_is_another(self, acme: Acme) -> None:
        people.assign_role(**acme.as_(acme.alice), membership=acme.member(acme.bob), role=role("Owner"))

        people.remove_member(**acme.as_(acme.alice), membership=acme.member(acme.alice))

        assert access_of_user(acme.alice, acme.organization) is None

    def test_an_inactive_or_local_owner_is_none(self, acme: Acme) -> None:
        people.assign_role(
            **acme.as_(acme.alice), membership=acme.member(acme.bob), role=role("Owner"), warehouse=acme.depot
        )
        make_person("gone@example.com", {acme.organization: ["Owner"]}, is_active=False)

        with pytest.raises(Conflict):
            people.remove_member(**acme.as_(acme.alice), membership=acme.member(acme.alice))

    @pytest.mark.postgresql
    @pytest.mark.django_db(transaction=True)
    def test_two_owners_cannot_remove_each_other_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        check = people._check_owner_left

        def check_slowly(organization: Organization) -> None:
            check(organization)
            time.sleep(0.3)  # without the lock, the other one would check in this gap too

        monkeypatch.setattr(people, "_check_owner_left", check_slowly)
        organization = make_organization()
        owners = [make_person(f"{name}@example.com", {organization: ["Owner"]}) for name in ("ann", "ben")]
        start = threading.Barrier(2)
        outcomes: list[str] = []

        def remove(me: User, them: User) -> None:
            try:
                access = access_of_user(me, organization)
                member = Membership.objects.get(user=them, organization=organization)
                start.wait(timeout=10)
                people.remove_member(
                    organization=organization,
                    actor=Actor(ActorType.USER, me.pk, me.email),
                    access=access,
                    membership=member,
                )
                outcomes.append("removed")
            except Conflict as refusal:
                outcomes.append(refusal.code)
            finally:
                connection.close()

        threads = [
            threading.Thread(target=remove, args=(owners[0], owners[1])),
            threading.Thread(target=remove, args=(owners[1], owners[0])),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["LAST_OWNER", "removed"]
        assert Membership.objects.filter(organization=organization).count() == 1


class TestMembers:
    def test_removal_takes_roles_permissions_and_open_invitations(self, acme: Acme) -> None:
        people.assign_role(**acme.as_(acme.alice), membership=acme.member(acme.bob), role=role("Owner"))
        for place in (None, acme.depot):
            people.set_extra_permissions(
                **acme.as_(acme.alice),
                membership=acme.member(acme.bob),
                permissions=["inventory.read"],
                warehouse=place,
            )
        _invitation, token = invitations.invite(
            **acme.as_(acme.bob), email="x@example.com", role=role("Owner")
        )

        people.remove_member(**acme.as_(acme.alice), membership=acme.member(acme.bob))

        assert access_of_user(acme.bob, acme.organization) is None
        assert not RoleAssignment.objects.filter(membership__user=acme.bob).exists()
        assert not OrganizationUserPermission.objects.exists()
        assert not WarehouseUserPermission.objects.exists()
        with pytest.raises(Conflict) as caught:
            invitations.find_invitation(token)
        assert caught.value.code == "INVITATION_REVOKED"
        assert User.objects.filter(pk=acme.bob.pk).exists()

    def test_suspension_closes_and_restoring_gives_back(self, acme: Acme) -> None:
        people.suspend_member(**acme.as_(acme.alice), membership=acme.member(acme.bob))
        assert access_of_user(acme.bob, acme.organization) is None

        people.restore_member(**acme.as_(acme.alice), membership=acme.member(acme.bob))
        assert access_of(acme, acme.bob).warehouse_ids("inventory.write") == {acme.depot.pk}

    def test_removal_is_effective_on_the_next_request(self, acme: Acme, client: Client) -> None:
        client.force_login(acme.bob)
        assert client.get("/admin/warehouses/warehouse/").status_code == 200

        people.remove_member(**acme.as_(acme.alice), membership=acme.member(acme.bob))

        answer = client.get("/admin/warehouses/warehouse/")
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")

    def test_adding_a_member_again_lets_them_in(self, acme: Acme) -> None:
        people.suspend_member(**acme.as_(acme.alice), membership=acme.member(acme.bob))

        people.add_member(**acme.as_(acme.alice), user=acme.bob, role=role("Viewer"))

        assert access_of(acme, acme.bob).everywhere("inventory.read")
        assert Membership.objects.filter(user=acme.bob).count() == 1


class TestExtraPermissions:
    def test_are_set_per_place_and_read_back(self, acme: Acme) -> None:
        given, member = acme.as_(acme.alice), acme.member(acme.bob)
        people.set_extra_permissions(**given, membership=member, permissions=["products.write"])
        people.set_extra_permissions(
            **given, membership=member, permissions=["stockrequests.approve"], warehouse=acme.depot
        )

        found = people.extra_permissions(organization=acme.organization, membership=member)
        assert found == {None: {"products.write"}, acme.depot.pk: {"stockrequests.approve"}}
        access = access_of(acme, acme.bob)
        assert access.everywhere("products.write")
        assert access.warehouse_ids("stockrequests.approve") == {acme.depot.pk}

    def test_are_replaced_not_added_up(self, acme: Acme) -> None:
        given, member = acme.as_(acme.alice), acme.member(acme.bob)
        people.set_extra_permissions(
            **given, membership=member, permissions=["products.write", "transfers.read"]
        )
        people.set_extra_permissions(
            **given, membership=member, permissions=["transfers.read", "transfers.write"]
        )

        found = people.extra_permissions(organization=acme.organization, membership=member)
        assert found == {None: {"transfers.read", "transfers.write"}}

    def test_unknown_one_is_refused(self, acme: Acme) -> None:
        with pytest.raises(InvalidInput) as caught:
            people.set_extra_permissions(
                **acme.as_(acme.alice), membership=acme.member(acme.bob), permissions=["auth.delete_user"]
            )
        assert caught.value.code == "UNKNOWN_PERMISSION"

    def test_keep_the_last_owner(self, acme: Acme) -> None:
        dora = make_person("dora@example.com", {acme.organization: ["Viewer"]})
        member = acme.member(dora)
        people.set_extra_permissions(
            **acme.as_(acme.alice), membership=member, permissions=list(DESCRIPTIONS)
        )
        people.remove_member(**acme.as_(dora), membership=acme.member(acme.alice))

        with pytest.raises(Conflict) as caught:
            people.set_extra_permissions(**acme.as_(dora), membership=member, permissions=["inventory.read"])
        assert caught.value.code == "LAST_OWNER"
        assert access_of(acme, dora).everywhere("organization.manage")
