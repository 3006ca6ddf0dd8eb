"""Members, roles, extra permissions and invitations. Alice owns Acme, Bob works there, Charlie elsewhere."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.factories import make_organization, make_person, make_warehouse
from warehouses import people
from warehouses.access import Access, access_of_user
from warehouses.actors import SYSTEM, Actor, ActorType
from warehouses.models import (
    Invitation,
    Membership,
    Organization,
    OrganizationUserPermission,
    RoleAssignment,
    User,
    Warehouse,
    WarehouseUserPermission,
)
from warehouses.permissions import DESCRIPTIONS
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound


@dataclass
class Acme:
    organization: Organization
    other: Organization
    depot: Warehouse
    theirs: Warehouse
    alice: User
    bob: User
    charlie: User

    def as_(self, user: User) -> dict[str, Any]:
        access = access_of_user(user, self.organization)
        actor = Actor(ActorType.USER, user.pk, user.email)
        # Who has no access at all brings someone else's: their own organization's.
        return {
            "organization": self.organization,
            "actor": actor,
            "access": access or access_of_user(user, self.other),
        }

    def member(self, user: User) -> Membership:
        return Membership.objects.get(organization=self.organization, user=user)


@pytest.fixture
def acme(organization: Organization) -> Acme:
    other = make_organization("Other")
    depot = make_warehouse(organization, "Depot")
    return Acme(
        organization=organization,
        other=other,
        depot=depot,
        theirs=make_warehouse(other, "Theirs"),
        alice=make_person("alice@example.com", {organization: ["Owner"]}),
        bob=make_person("bob@example.com", {organization: [("Warehouse manager", depot)]}),
        charlie=make_person("charlie@example.com", {other: ["Owner"]}),
    )


def role(name: str) -> Group:
    return Group.objects.get(name=name)


def access_of(acme: Acme, user: User) -> Access:
    access = access_of_user(User.objects.get(pk=user.pk), acme.organization)
    assert access is not None
    return access


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
            people.invite(**acme.as_(dora), email="x@example.com", role=role("Approver"))
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
            lambda: people.invite(**given, email="x@example.com", role=role("Viewer")),
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
            lambda: people.invite(**given, email="x@example.com", role=role("Viewer"), warehouse=acme.theirs),
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
        _invitation, token = people.invite(**acme.as_(acme.bob), email="x@example.com", role=role("Owner"))

        people.remove_member(**acme.as_(acme.alice), membership=acme.member(acme.bob))

        assert access_of_user(acme.bob, acme.organization) is None
        assert not RoleAssignment.objects.filter(membership__user=acme.bob).exists()
        assert not OrganizationUserPermission.objects.exists()
        assert not WarehouseUserPermission.objects.exists()
        with pytest.raises(Conflict) as caught:
            people.find_invitation(token)
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


class TestInvite:
    def test_mails_a_link_after_the_commit_and_keeps_only_a_hash(
        self, acme: Acme, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks() as callbacks:
            invitation, token = people.invite(
                **acme.as_(acme.alice),
                email="New@Example.com",
                role=role("Counter"),
                warehouse=acme.depot,
                site_url="https://stock.example.com/",
            )
        assert mail.outbox == []
        for callback in callbacks:
            callback()

        [message] = mail.outbox
        assert message.to == ["New@example.com"]
        assert message.subject == "Join Acme on Tallyhouse"
        assert f"https://stock.example.com/invitations/{token}/" in message.body
        assert "as Counter in Depot" in message.body
        row = Invitation.objects.get()
        assert row == invitation
        assert token not in str(Invitation.objects.values())
        assert (row.invited_by, row.role, row.warehouse) == (acme.alice, role("Counter"), acme.depot)
        assert timedelta(days=6) < row.expires_at - timezone.now() <= timedelta(days=people.INVITATION_DAYS)

    def test_a_name_with_a_line_break_makes_no_header(
        self, acme: Acme, django_capture_on_commit_callbacks: Any
    ) -> None:
        Organization.objects.filter(pk=acme.organization.pk).update(
            name="Acme\nBcc: all@example.com & <Sons>"
        )
        acme.organization.refresh_from_db()

        with django_capture_on_commit_callbacks(execute=True):
            people.invite(
                **acme.as_(acme.alice),
                email="new@example.com",
                role=role("Viewer"),
                site_url="https://s.test/",
            )

        [message] = mail.outbox
        assert message.subject == "Join Acme Bcc: all@example.com & <Sons> on Tallyhouse"
        assert message.recipients() == ["new@example.com"]
        assert "& <Sons>" in message.body

    def test_again_replaces_the_older_one(self, acme: Acme) -> None:
        given = {**acme.as_(acme.alice), "email": "new@example.com", "role": role("Viewer")}
        _first, old = people.invite(**given)
        _second, new = people.invite(**given | {"email": "NEW@example.com"})

        with pytest.raises(Conflict) as caught:
            people.find_invitation(old)
        assert caught.value.code == "INVITATION_REVOKED"
        assert people.find_invitation(new).email == "NEW@example.com"

    def test_who_has_the_role_is_not_invited_to_it(self, acme: Acme) -> None:
        with pytest.raises(Conflict) as caught:
            people.invite(
                **acme.as_(acme.alice),
                email="BOB@example.com",
                role=role("Warehouse manager"),
                warehouse=acme.depot,
            )
        assert caught.value.code == "ALREADY_HAS_ROLE"

    @pytest.mark.parametrize(
        "email", ["", "nobody", "a@b@c", "x\x00@example.com", "a@example.com\nb@example.com"]
    )
    def test_bad_address_is_refused(self, acme: Acme, email: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            people.invite(**acme.as_(acme.alice), email=email, role=role("Viewer"))
        assert {problem.field for problem in caught.value.problems} == {"email"}
        assert not Invitation.objects.exists()


def invited(acme: Acme, email: str = "new@example.com", name: str = "Counter") -> str:
    _invitation, token = people.invite(
        **acme.as_(acme.alice), email=email, role=role(name), warehouse=acme.depot
    )
    return token


class TestAccept:
    def test_new_person_gets_account_membership_and_role(self, acme: Acme) -> None:
        user = people.accept_as_new_person(token=invited(acme), name=" Nora ", password="violet-anvil-93")

        assert (user.email, user.name, user.is_staff, user.is_superuser) == (
            "new@example.com",
            "Nora",
            True,
            False,
        )
        assert User.objects.get(pk=user.pk).check_password("violet-anvil-93")
        access = access_of(acme, user)
        assert access.warehouse_ids("inventory.cyclecount") == {acme.depot.pk}
        assert Invitation.objects.get().accepted_at is not None

    def test_known_person_joins(self, acme: Acme) -> None:
        token = invited(acme, "CHARLIE@example.com")

        people.accept(token=token, user=acme.charlie)

        assert access_of(acme, acme.charlie).may("inventory.cyclecount")

    def test_link_works_once(self, acme: Acme) -> None:
        token = invited(acme, "charlie@example.com")
        people.accept(token=token, user=acme.charlie)
        people.remove_member(**acme.as_(acme.alice), membership=acme.member(acme.charlie))

        with pytest.raises(Conflict) as caught:
            people.accept(token=token, user=acme.charlie)
        assert caught.value.code == "INVITATION_USED"
        assert access_of_user(acme.charlie, acme.organization) is None

    def test_of_another_person_is_refused(self, acme: Acme) -> None:
        token = invited(acme)

        with pytest.raises(Forbidden):
            people.accept(token=token, user=acme.charlie)
        assert access_of_user(acme.charlie, acme.organization) is None
        assert people.find_invitation(token).accepted_at is None

    def test_revoked_or_expired_opens_nothing(self, acme: Acme) -> None:
        token = invited(acme, "charlie@example.com")
        Invitation.objects.update(expires_at=timezone.now())
        with pytest.raises(Conflict) as caught:
            people.accept(token=token, user=acme.charlie)
        assert caught.value.code == "INVITATION_EXPIRED"

        token = invited(acme, "charlie@example.com")
        row = people.find_invitation(token)
        people.revoke(**acme.as_(acme.alice), invitation=row)
        assert row.revoked_at is not None
        with pytest.raises(Conflict) as caught:
            people.accept(token=token, user=acme.charlie)
        assert caught.value.code == "INVITATION_REVOKED"
        assert access_of_user(acme.charlie, acme.organization) is None

    def test_withdrawn_in_the_moment_of_accepting_opens_nothing(
        self, acme: Acme, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = invited(acme, "charlie@example.com")
        seen_open = people.find_invitation(token)
        people.revoke(**acme.as_(acme.alice), invitation=people.find_invitation(token))
        monkeypatch.setattr(people, "find_invitation", lambda token: seen_open)

        with pytest.raises(Conflict) as caught:
            people.accept(token=token, user=acme.charlie)

        assert caught.value.code == "INVITATION_REVOKED"
        assert access_of_user(acme.charlie, acme.organization) is None

    def test_used_one_is_not_revoked(self, acme: Acme) -> None:
        token = invited(acme, "charlie@example.com")
        row = people.find_invitation(token)
        people.accept(token=token, user=acme.charlie)

        with pytest.raises(Conflict) as caught:
            people.revoke(**acme.as_(acme.alice), invitation=row)
        assert caught.value.code == "INVITATION_USED"
        assert Invitation.objects.get().revoked_at is None

    @pytest.mark.parametrize("token", ["", "x", "\ud800", "a" * 10_000])
    def test_unknown_token_is_not_found(self, acme: Acme, token: str) -> None:
        with pytest.raises(NotFound):
            people.find_invitation(token)

    def test_no_second_account_for_one_address(self, acme: Acme) -> None:
        token = invited(acme, "Charlie@Example.com")

        with pytest.raises(Conflict) as caught:
            people.accept_as_new_person(token=token, name="Fake", password="violet-anvil-93")
        assert caught.value.code == "ACCOUNT_EXISTS"
        assert User.objects.filter(email__iexact="charlie@example.com").count() == 1
        assert people.find_invitation(token).accepted_at is None

    @pytest.mark.parametrize("password", ["short", "1234567890123", "password123", "new@example.com"])
    def test_weak_password_is_refused_and_the_link_still_works(self, acme: Acme, password: str) -> None:
        token = invited(acme)

        with pytest.raises(InvalidInput) as caught:
            people.accept_as_new_person(token=token, name="Nora", password=password)
        assert {problem.field for problem in caught.value.problems} == {"password"}
        assert not User.objects.filter(email="new@example.com").exists()
        assert people.find_invitation(token).accepted_at is None

    @pytest.mark.postgresql
    @pytest.mark.django_db(transaction=True)
    def test_link_opened_twice_at_once_makes_one_account(self) -> None:
        organization = make_organization()
        _row, token = people.invite(
            organization=organization, actor=SYSTEM, email="new@example.com", role=role("Viewer")
        )
        start = threading.Barrier(4)
        outcomes: list[str] = []

        def accept() -> None:
            try:
                start.wait(timeout=10)
                people.accept_as_new_person(token=token, name="Nora", password="violet-anvil-93")
                outcomes.append("joined")
            except Conflict as refusal:
                outcomes.append(refusal.code)
            finally:
                connection.close()

        threads = [threading.Thread(target=accept) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert outcomes.count("joined") == 1
        assert set(outcomes) <= {"joined", "ACCOUNT_EXISTS", "INVITATION_USED"}
        assert User.objects.count() == 1


class TestInvitationPage:
    def url(self, token: str) -> str:
        return f"/invitations/{token}/"

    def test_new_person_sets_a_password_and_is_in(self, acme: Acme, client: Client) -> None:
        url = self.url(invited(acme))
        page = client.get(url)
        assert page.status_code == 200
        assert "Join Acme" in page.text

        answer = client.post(
            url, {"name": "Nora", "password": "violet-anvil-93", "repeated": "violet-anvil-93"}, follow=True
        )

        assert answer.redirect_chain == [("/admin/", 302)]
        assert "Welcome to Acme." in answer.text
        assert client.login(username="NEW@example.com", password="violet-anvil-93")

    def test_faults_are_shown_and_the_name_kept(self, acme: Acme, client: Client) -> None:
        url = self.url(invited(acme))

        answer = client.post(url, {"name": "Nora", "password": "violet-anvil-93", "repeated": "other"})
        assert "The two passwords differ." in answer.text
        assert 'value="Nora"' in answer.text
        assert "violet-anvil-93" not in answer.text
        answer = client.post(url, {"name": "", "password": "short", "repeated": "short"})
        assert "This field is required." in answer.text
        answer = client.post(url, {"name": "Nora", "password": "short", "repeated": "short"})
        assert "too short" in answer.text
        assert "There is a problem" in answer.text
        assert not User.objects.filter(email="new@example.com").exists()

    def test_known_person_logs_in_then_accepts(self, acme: Acme, client: Client) -> None:
        url = self.url(invited(acme, "charlie@example.com"))
        page = client.get(url)
        assert re.search(r'href="/admin/login/\?next=/invitations/[^"]+/"', page.text)
        assert "password" not in page.text.lower()
        client.post(url, {"name": "Fake", "password": "violet-anvil-93", "repeated": "violet-anvil-93"})
        assert access_of_user(acme.charlie, acme.organization) is None

        client.force_login(acme.charlie)
        assert "logged in as charlie@example.com" in client.get(url).text
        assert access_of_user(acme.charlie, acme.organization) is None  # looking accepts nothing
        answer = client.post(url, follow=True)

        assert "Welcome to Acme." in answer.text
        assert client.session["organization_id"] == str(acme.organization.pk)

    def test_somebody_elses_is_said_so(self, acme: Acme, client: Client) -> None:
        url = self.url(invited(acme))
        client.force_login(acme.charlie)

        for answer in (client.get(url), client.post(url)):
            assert answer.status_code == 403
            assert "for somebody else" in answer.text
            assert "new@example.com" not in answer.text
        assert access_of_user(acme.charlie, acme.organization) is None

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"accepted_at": timezone.now()}, "was used"),
            ({"revoked_at": timezone.now()}, "was withdrawn"),
            ({"expires_at": timezone.now()}, "has expired"),
        ],
    )
    def test_closed_one_says_why(
        self, acme: Acme, client: Client, change: dict[str, Any], words: str
    ) -> None:
        url = self.url(invited(acme))
        Invitation.objects.update(**change)

        answer = client.get(url)
        assert answer.status_code == 410
        assert f"This invitation {words}" in answer.text
        posted = client.post(
            url, {"name": "Nora", "password": "violet-anvil-93", "repeated": "violet-anvil-93"}
        )
        assert posted.status_code == 410
        assert not User.objects.filter(email="new@example.com").exists()

    def test_unknown_one_is_not_found(self, db: None, client: Client) -> None:
        answer = client.get(self.url("nonsense"))

        assert answer.status_code == 404
        assert "This link does not work" in answer.text

    def test_names_are_escaped(self, acme: Acme, client: Client) -> None:
        Organization.objects.filter(pk=acme.organization.pk).update(name="<script>alert(1)</script>")

        answer = client.get(self.url(invited(acme)))

        assert "<script>alert(1)" not in answer.text
        assert "&lt;script&gt;alert(1)" in answer.text


class TestOrganizationPage:
    def both(self, acme: Acme, client: Client) -> User:
        """Dora, who is in both."""
        dora = make_person("dora@example.com", {acme.organization: ["Viewer"], acme.other: ["Owner"]})
        client.force_login(dora)
        return dora

    def test_lists_ones_own_and_switches(self, acme: Acme, client: Client) -> None:
        make_organization("Third")
        self.both(acme, client)
        page = client.get("/organization/")
        assert "Acme" in page.text
        assert "Other" in page.text
        assert "Third" not in page.text

        answer = client.post("/organization/", {"organization": acme.other.public_id})
        assert (answer.status_code, answer["Location"]) == (302, "/admin/")
        page = client.get("/admin/warehouses/warehouse/")
        assert "Theirs" in page.text
        assert "Depot" not in page.text

    def test_foreign_one_is_refused_like_an_unknown_one(self, acme: Acme, client: Client) -> None:
        third = make_organization("Third")
        self.both(acme, client)

        answers = [
            client.post("/organization/", {"organization": text})
            for text in (third.public_id, "org_00000000000000000000000000", "wh_x", "", "\x00")
        ]

        assert {answer.status_code for answer in answers} == {404}
        assert len({re.sub(r'name="csrf\w+" value="\w+"', "", answer.text) for answer in answers}) == 1
        assert "organization_id" not in client.session

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_goes_on_only_within_the_site(self, acme: Acme, client: Client, target: str) -> None:
        self.both(acme, client)

        answer = client.post("/organization/", {"organization": acme.other.public_id, "next": target})

        assert answer["Location"] == "/admin/"

    def test_getting_switches_nothing(self, acme: Acme, client: Client) -> None:
        self.both(acme, client)

        client.get("/organization/", {"organization": acme.other.public_id})

        assert "organization_id" not in client.session

    def test_several_and_none_chosen_leads_here_from_the_admin_and_back(
        self, acme: Acme, client: Client
    ) -> None:
        self.both(acme, client)

        page = client.get("/admin/warehouses/warehouse/", follow=True)
        assert page.redirect_chain[-1] == ("/organization/?next=%2Fadmin%2Fwarehouses%2Fwarehouse%2F", 302)
        answer = client.post(
            "/organization/",
            {"organization": acme.organization.public_id, "next": "/admin/warehouses/warehouse/"},
        )
        assert answer["Location"] == "/admin/warehouses/warehouse/"

    def test_nobody_logged_in_is_asked_to(self, db: None, client: Client) -> None:
        answer = client.get("/organization/")

        assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/organization/")

    def test_who_belongs_nowhere_is_told(self, db: None, client: Client) -> None:
        client.force_login(make_person("eve@example.com"))

        page = client.get("/admin/", follow=True)

        assert "belong to no organization" in page.text

    def test_password_change_ends_other_sessions(self, acme: Acme, client: Client) -> None:
        elsewhere = Client()
        for browser in (client, elsewhere):
            assert browser.login(username="alice@example.com", password="correct horse battery")
        answer = client.post(
            "/admin/password_change/",
            {
                "old_password": "correct horse battery",
                "new_password1": "violet-anvil-93",
                "new_password2": "violet-anvil-93",
            },
        )
        assert answer.status_code == 302

        assert client.get("/admin/").status_code == 200
        assert elsewhere.get("/admin/").status_code == 302
