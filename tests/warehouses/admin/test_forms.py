"""What the pages do: each goes through the business functions, and each refusal is said on the page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_person, make_sku, stock
from tests.warehouses.admin.conftest import Company
from warehouses.access import Access, access_of_user
from warehouses.keys import find_key
from warehouses.models import (
    ApiKey,
    Bin,
    Invitation,
    Membership,
    Organization,
    RoleAssignment,
    Room,
    User,
    Warehouse,
)
from warehouses.permissions import codename


def url(screen: str, what: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:warehouses_{screen}_{what}", args=args)


def formset(prefix: str, rows: list[dict[str, Any]], initial: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(rows),
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def access_in(company: Company, user: User) -> Access:
    access = access_of_user(User.objects.get(pk=user.pk), company.organization)
    assert access is not None
    return access


class TestWarehouses:
    def test_add_makes_it_with_room_and_bin(self, acme: Company, as_alice: Client) -> None:
        answer = as_alice.post(url("warehouse", "add"), {"name": "North", "type": "3PL"}, follow=True)

        warehouse = Warehouse.objects.get(name="North")
        assert (warehouse.organization, warehouse.type) == (acme.organization, "3PL")
        assert (warehouse.rooms.count(), warehouse.bins.count()) == (1, 1)
        assert "was added successfully" in answer.text
        assert LogEntry.objects.get().object_id == str(warehouse.pk)

    def test_add_of_a_marketplace_is_readonly(self, acme: Company, as_alice: Client) -> None:
        as_alice.post(url("warehouse", "add"), {"name": "Amazon", "type": "FBA", "marketplace": "amazon_eu"})

        assert Warehouse.objects.get(name="Amazon").is_readonly is True

    @pytest.mark.parametrize("name", ["Acme depot", "ACME DEPOT"])
    def test_name_taken_is_said_beside_the_name(self, acme: Company, as_alice: Client, name: str) -> None:
        answer = as_alice.post(url("warehouse", "add"), {"name": name, "type": "own", "address": "Quay 1"})

        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors == {
            "name": [f"There is already a warehouse with the name “{name}”."]
        }
        assert 'value="Quay 1"' in answer.text
        assert "<title> Error:" in re.sub(r"\s+", " ", answer.text)
        assert Warehouse.objects.count() == 2

    def change(self, company: Company, rooms: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
        existing = list(company.depot.rooms.order_by("warehouse__name", "name"))
        rows: list[dict[str, Any]] = [
            {"id": str(room.pk), "warehouse": str(company.depot.pk), "name": room.name}
            | {"room_type": room.room_type, "is_sellable": "on"}
            for room in existing
        ]
        rows = [row | change for row, change in zip(rows, [*rooms, {}, {}], strict=False)] + rooms[
            len(rows) :
        ]
        return {"name": company.depot.name, "type": "own"} | fields | formset("rooms", rows, len(existing))

    def test_change_writes_rooms_too(self, acme: Company, as_alice: Client) -> None:
        answer = as_alice.post(
            url("warehouse", "change", acme.depot.pk),
            self.change(
                acme,
                [{"name": "Safe"}, {}, {"name": "Cold", "room_type": "quarantine"}],
                name="Depot 2",
            ),
        )

        assert answer.status_code == 302
        assert Warehouse.objects.get(pk=acme.depot.pk).name == "Depot 2"
        rooms = {room.name: room for room in acme.depot.rooms.all()}
        assert rooms.keys() == {"Safe", "Main", "Cold"}
        assert (rooms["Cold"].room_type, rooms["Cold"].is_sellable) == ("quarantine", False)

    def test_refused_room_changes_nothing_at_all(self, acme: Company, as_alice: Client) -> None:
        main = next(
            number for number, room in enumerate(acme.depot.rooms.order_by("name")) if room.is_default
        )
        rooms: list[dict[str, Any]] = [{}, {}]
        rooms[main] = {"DELETE": "on"}

        answer = as_alice.post(
            url("warehouse", "change", acme.depot.pk), self.change(acme, rooms, name="Depot 2")
        )

        assert answer.status_code == 200
        assert "holds the default bin" in answer.text
        assert Warehouse.objects.get(pk=acme.depot.pk).name == "Acme depot"
        assert acme.depot.rooms.count() == 2

    def test_deactivating_with_stock_says_what_is_there(self, acme: Company, as_alice: Client) -> None:
        stock(make_sku(acme.organization), acme.depot, 350)

        answer = as_alice.post(
            url("warehouse"), {"action": "deactivate", "_selected_action": [str(acme.depot.pk)]}, follow=True
        )

        assert "350 units of 1 SKU" in answer.text
        assert 'role="alert"' in answer.text
        assert Warehouse.objects.get(pk=acme.depot.pk).is_active is True

    def test_deactivating_and_activating(self, acme: Company, as_alice: Client) -> None:
        rows = {"_selected_action": [str(acme.depot.pk)]}
        answer = as_alice.post(url("warehouse"), {"action": "deactivate"} | rows, follow=True)
        assert "1 warehouse deactivated." in answer.text
        assert Warehouse.objects.get(pk=acme.depot.pk).is_active is False

        as_alice.post(url("warehouse"), {"action": "activate"} | rows)
        assert Warehouse.objects.get(pk=acme.depot.pk).is_active is True

    def test_delete_says_what_goes_and_does_it(self, acme: Company, as_alice: Client) -> None:
        Invitation.objects.all().delete()
        page = as_alice.get(url("warehouse", "delete", acme.depot.pk))
        assert "Rooms: 2" in re.sub(r"\s+", " ", page.text)
        assert "Bins: 2" in re.sub(r"\s+", " ", page.text)

        answer = as_alice.post(url("warehouse", "delete", acme.depot.pk), {"post": "yes"}, follow=True)
        assert "deleted successfully" in answer.text
        assert not Warehouse.objects.filter(pk=acme.depot.pk).exists()

    def test_delete_with_history_says_why_not(self, acme: Company, as_alice: Client) -> None:
        sku = make_sku(acme.organization)
        stock(sku, acme.depot, 5)
        stock(sku, acme.depot, -5)

        answer = as_alice.post(url("warehouse", "delete", acme.depot.pk), {"post": "yes"}, follow=True)

        assert "has history, so it cannot be deleted: deactivate it instead" in answer.text
        assert answer.redirect_chain == [(url("warehouse", "change", acme.depot.pk), 302)]
        assert Warehouse.objects.filter(pk=acme.depot.pk).exists()
        assert not LogEntry.objects.exists()

    def test_deleting_several_deletes_all_or_none(self, acme: Company, as_alice: Client) -> None:
        rows = [str(acme.depot.pk), str(acme.main.pk)]  # the second is the default, and stays

        answer = as_alice.post(
            url("warehouse"),
            {"action": "delete_selected", "_selected_action": rows, "post": "yes"},
            follow=True,
        )

        assert "is the organization&#x27;s default warehouse" in answer.text
        assert Warehouse.objects.count() == 2
        assert not LogEntry.objects.exists()


class TestRoomsAndBins:
    def test_room_is_added_and_changed(self, acme: Company, as_bob: Client) -> None:
        given = {"name": "Cold", "room_type": "storage", "is_sellable": "on"}
        as_bob.post(url("room", "add"), given | {"warehouse": str(acme.depot.pk)})
        room = Room.objects.get(name="Cold")
        assert room.warehouse == acme.depot

        as_bob.post(
            url("room", "change", room.pk), given | {"name": "Colder", "warehouse": str(acme.main.pk)}
        )
        room.refresh_from_db()
        assert (room.name, room.warehouse) == ("Colder", acme.depot)

    def test_bin_is_added_at_the_end_of_the_walk(self, acme: Company, as_bob: Client) -> None:
        answer = as_bob.post(
            url("bin", "add"),
            {"room": str(acme.room.pk), "code": "A-2", "barcode": "B2", "pick_sequence": ""},
        )

        assert answer.status_code == 302
        shelf = Bin.objects.get(code="A-2")
        assert (shelf.warehouse, shelf.room, shelf.pick_sequence) == (acme.depot, acme.room, 20)

    def test_bin_moves_within_its_warehouse_only(self, acme: Company, as_alice: Client) -> None:
        target = url("bin", "change", acme.shelf.pk)
        given = {"code": "Acme-1", "barcode": "ACME0001", "pick_sequence": "10"}

        answer = as_alice.post(target, given | {"room": str(acme.main.rooms.get().pk)})
        assert "Select a valid choice" in answer.text
        answer = as_alice.post(target, given | {"room": str(acme.depot.rooms.get(is_default=True).pk)})
        assert answer.status_code == 302
        acme.shelf.refresh_from_db()
        assert acme.shelf.room.is_default is True

    @pytest.mark.parametrize(
        ("given", "field"), [({"code": "main"}, "code"), ({"code": "A-2", "barcode": "ACME0001"}, "barcode")]
    )
    def test_what_is_taken_is_said_beside_it(
        self, acme: Company, as_alice: Client, given: dict[str, str], field: str
    ) -> None:
        answer = as_alice.post(url("bin", "add"), {"room": str(acme.room.pk)} | given)

        assert answer.status_code == 200
        [(name, [text])] = answer.context["adminform"].form.errors.items()
        assert name == field
        assert "There is already a bin" in text
        assert Bin.objects.filter(warehouse=acme.depot).count() == 2

    def test_default_bin_stays(self, acme: Company, as_alice: Client) -> None:
        default = acme.depot.bins.get(is_default=True)

        answer = as_alice.post(url("bin", "delete", default.pk), {"post": "yes"}, follow=True)

        assert "is the default bin of Acme depot" in answer.text
        assert Bin.objects.filter(pk=default.pk).exists()

    @pytest.mark.parametrize("term", ["acme-1", "ACME0001"])
    def test_bin_is_found_by_code_and_barcode(self, acme: Company, as_alice: Client, term: str) -> None:
        answer = as_alice.get(url("bin"), {"q": term})

        assert list(answer.context["cl"].result_list) == [acme.shelf]

    def test_list_filters_by_room_type(self, acme: Company, as_alice: Client) -> None:
        answer = as_alice.get(url("bin"), {"room__room_type__exact": "vault"})

        assert list(answer.context["cl"].result_list) == [acme.shelf]


class TestOrganization:
    def given(self, company: Company, **fields: str) -> dict[str, str]:
        return {
            "name": "Acme",
            "time_zone": "Europe/Berlin",
            "currency": "USD",
            "default_warehouse": str(company.depot.pk),
            "expiry_warning_days": "14",
            "rate_limit": "",
        } | fields

    def test_owner_changes_own_settings(self, acme: Company, as_alice: Client) -> None:
        target = url("organization", "change", acme.organization.pk)
        assert as_alice.post(target, self.given(acme)).status_code == 302

        found = Organization.objects.get(pk=acme.organization.pk)
        assert (found.time_zone, found.currency, found.default_warehouse, found.expiry_warning_days) == (
            "Europe/Berlin",
            "USD",
            acme.depot,
            14,
        )

    def test_owner_cannot_close_it(self, acme: Company, as_alice: Client) -> None:
        target = url("organization", "change", acme.organization.pk)
        as_alice.post(target, self.given(acme))

        assert "is_active" not in as_alice.get(target).context["adminform"].form.fields
        assert Organization.objects.get(pk=acme.organization.pk).is_active is True

    def test_name_of_another_is_taken(self, acme: Company, other: Company, as_alice: Client) -> None:
        answer = as_alice.post(
            url("organization", "change", acme.organization.pk), self.given(acme, name="OTHER")
        )

        assert "name" in answer.context["adminform"].form.errors
        assert Organization.objects.get(pk=acme.organization.pk).name == "Acme"

    def test_superuser_founds_one_without_having_chosen(self, as_root: Client) -> None:
        answer = as_root.post(
            url("organization", "add"), {"name": "Third", "time_zone": "UTC", "currency": "EUR"}
        )

        assert answer.status_code == 302
        organization = Organization.objects.get(name="Third")
        assert [warehouse.name for warehouse in organization.warehouses.all()] == ["Main warehouse"]

    def test_nobody_else_does(self, as_alice: Client) -> None:
        assert as_alice.post(url("organization", "add"), {"name": "Third"}).status_code == 403
        assert not Organization.objects.filter(name="Third").exists()


class TestPeople:
    def roles(self, company: Company, rows: list[dict[str, Any]]) -> dict[str, Any]:
        existing = {"id": str(company.assignment.pk), "membership": str(company.member.pk)}
        first, *more = rows
        return formset("role_assignments", [existing | first, *more], 1)

    def role(self, name: str) -> str:
        return str(Group.objects.get(name=name).pk)

    def test_role_is_given_in_one_warehouse(self, acme: Company, as_alice: Client, bob: User) -> None:
        answer = as_alice.post(
            url("membership", "change", acme.member.pk),
            self.roles(acme, [{}, {"role": self.role("Approver"), "warehouse": str(acme.main.pk)}]),
        )

        assert answer.status_code == 302
        access = access_in(acme, bob)
        assert access.warehouse_ids("stockrequests.approve") == {acme.main.pk}
        assert access.warehouse_ids("inventory.write") == {acme.depot.pk}

    def test_role_is_taken(self, acme: Company, as_alice: Client, bob: User) -> None:
        as_alice.post(url("membership", "change", acme.member.pk), self.roles(acme, [{"DELETE": "on"}]))

        assert access_in(acme, bob).grants == {}

    def test_posting_over_a_role_changes_nothing(self, acme: Company, as_alice: Client, bob: User) -> None:
        as_alice.post(
            url("membership", "change", acme.member.pk),
            self.roles(acme, [{"role": self.role("Owner"), "warehouse": ""}]),
        )

        assert RoleAssignment.objects.get(pk=acme.assignment.pk).role.name == "Warehouse manager"
        assert not access_in(acme, bob).may("organization.manage")

    def test_last_owner_stays(self, acme: Company, as_alice: Client, alice: User) -> None:
        member = Membership.objects.get(user=alice)
        assignment = RoleAssignment.objects.get(membership=member)
        answer = as_alice.post(
            url("membership", "change", member.pk),
            formset(
                "role_assignments",
                [{"id": str(assignment.pk), "membership": str(member.pk), "DELETE": "on"}],
                1,
            ),
        )
        assert answer.status_code == 200
        assert "keeps at least one owner" in answer.text

        for action in ("suspend", "delete_selected"):
            answer = as_alice.post(
                url("membership"),
                {"action": action, "_selected_action": [str(member.pk)], "post": "yes"},
                follow=True,
            )
            assert "keeps at least one owner" in answer.text
        answer = as_alice.post(url("membership", "delete", member.pk), {"post": "yes"}, follow=True)
        assert "keeps at least one owner" in answer.text
        assert access_in(acme, alice).everywhere("organization.manage")

    def test_role_beyond_ones_own_is_refused(self, acme: Company, as_alice: Client, bob: User) -> None:
        extra = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        as_alice.post(extra, {"permissions": ["organization.manage"]})
        as_bob = Client()
        as_bob.force_login(bob)

        answer = as_bob.post(
            url("membership", "change", acme.member.pk), self.roles(acme, [{}, {"role": self.role("Owner")}])
        )

        assert answer.status_code == 200
        assert "You cannot give what you do not have" in answer.text
        assert not access_in(acme, bob).everywhere("stockrequests.approve")

    def test_removing_takes_the_member_not_the_account(
        self, acme: Company, as_alice: Client, bob: User
    ) -> None:
        page = as_alice.get(url("membership", "delete", acme.member.pk))
        assert "the account stays" in page.text

        as_alice.post(url("membership", "delete", acme.member.pk), {"post": "yes"})

        assert access_of_user(bob, acme.organization) is None
        assert User.objects.filter(pk=bob.pk).exists()

    def test_suspending_and_letting_in(self, acme: Company, as_alice: Client, bob: User) -> None:
        rows = {"_selected_action": [str(acme.member.pk)]}
        as_alice.post(url("membership"), {"action": "suspend"} | rows)
        assert access_of_user(bob, acme.organization) is None

        as_alice.post(url("membership"), {"action": "restore"} | rows)
        assert access_in(acme, bob).may("inventory.write")

    def test_extra_permissions_are_ticked_per_place(self, acme: Company, as_alice: Client, bob: User) -> None:
        target = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        here = f"{target}?warehouse={acme.main.public_id}"

        assert as_alice.post(here, {"permissions": ["inventory.read"]}).status_code == 302

        assert access_in(acme, bob).warehouse_ids("inventory.read") == {acme.main.pk, acme.depot.pk}
        ticked = re.findall(r'value="([\w.]+)"[^>]*\schecked[\s>]', as_alice.get(here).text)
        assert ticked == ["inventory.read"]
        assert re.findall(r'value="([\w.]+)"[^>]*\schecked[\s>]', as_alice.get(target).text) == []
        assert "1 extra" in as_alice.get(target).text

    def test_extra_permission_beyond_ones_own_is_refused(
        self, acme: Company, as_alice: Client, bob: User
    ) -> None:
        target = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        as_alice.post(target, {"permissions": ["organization.manage"]})
        as_bob = Client()
        as_bob.force_login(bob)

        answer = as_bob.post(target, {"permissions": ["organization.manage", "transfers.write"]})

        assert "You cannot give what you do not have: transfers.write" in answer.text
        assert not access_in(acme, bob).everywhere("transfers.write")


class TestInvitations:
    def test_add_mails_and_shows_the_link_once(
        self, acme: Company, as_alice: Client, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        viewer = Group.objects.get(name="Viewer")
        with django_capture_on_commit_callbacks(execute=True):
            answer = as_alice.post(
                url("invitation", "add"), {"email": "nora@example.com", "role": viewer.pk, "warehouse": ""}
            )

        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        found = re.search(r'value="(http://testserver/invitations/[\w-]+/)"', answer.text)
        assert found is not None
        [message] = mail.outbox
        assert found[1] in message.body
        assert client.get(found[1]).status_code == 200
        row = Invitation.objects.get(email="nora@example.com")
        assert found[1].split("/")[-2] not in as_alice.get(url("invitation", "change", row.pk)).text

    def test_only_roles_one_could_give_are_offered(self, acme: Company, as_alice: Client, bob: User) -> None:
        extra = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        as_alice.post(
            extra,
            {
                "permissions": [
                    "organization.manage",
                    "products.read",
                    "inventory.read",
                    "inventory.cyclecount",
                ]
            },
        )
        as_bob = Client()
        as_bob.force_login(bob)

        roles = as_bob.get(url("invitation", "add")).context["adminform"].form.fields["role"].queryset
        assert [role.name for role in roles] == ["Counter"]
        answer = as_bob.post(
            url("invitation", "add"),
            {"email": "x@example.com", "role": Group.objects.get(name="Owner").pk},
        )
        assert "Select a valid choice" in answer.text
        assert not Invitation.objects.filter(email="x@example.com").exists()

    def test_known_member_is_said_beside_the_address(self, acme: Company, as_alice: Client) -> None:
        answer = as_alice.post(
            url("invitation", "add"),
            {
                "email": "BOB@example.com",
                "role": acme.assignment.role_id,
                "warehouse": str(acme.depot.pk),
            },
        )

        assert answer.context["adminform"].form.errors == {
            "email": ["BOB@example.com already is a member with this role."]
        }

    def test_withdrawing_asks_first(self, acme: Company, as_alice: Client) -> None:
        target = url("invitation", "revoke", acme.invitation.pk)
        assert "Withdraw this invitation?" in as_alice.get(target).text
        acme.invitation.refresh_from_db()
        assert acme.invitation.revoked_at is None

        assert as_alice.post(target).status_code == 302
        acme.invitation.refresh_from_db()
        assert acme.invitation.revoked_at is not None

    def test_accepted_one_is_not_withdrawn(self, acme: Company, as_alice: Client) -> None:
        Invitation.objects.update(accepted_at=timezone.now())

        answer = as_alice.post(url("invitation", "revoke", acme.invitation.pk), follow=True)

        assert "has already accepted" in answer.text


class TestApiKeys:
    def make(self, client: Client, **fields: Any) -> Any:
        return client.post(url("apikey", "add"), {"name": "Shop", "scopes": ["inventory.read"]} | fields)

    def test_key_is_shown_once_and_works(self, acme: Company, as_alice: Client, alice: User) -> None:
        answer = self.make(as_alice, warehouses=[str(acme.depot.pk)])

        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        [text] = set(re.findall(r"th_live_\w{38}", answer.text))
        key = find_key(text)
        assert key is not None
        assert (key.organization, key.name, key.scopes, key.created_by) == (
            acme.organization,
            "Shop",
            ["inventory.read"],
            alice,
        )
        assert (key.is_limited, list(key.warehouses.all())) == (True, [acme.depot])
        for page in (url("apikey"), url("apikey", "change", key.pk), url("apikey", "history", key.pk)):
            shown = as_alice.get(page).text
            assert text not in shown
            assert key.digest not in shown
        assert text not in str(as_alice.session.items())

    def test_scopes_are_offered_with_what_they_mean(self, acme: Company, as_alice: Client) -> None:
        page = as_alice.get(url("apikey", "add")).text

        assert "inventory.adjust: Adjust stock and reverse adjustments" in page

    def test_without_warehouses_it_opens_all(self, acme: Company, as_alice: Client) -> None:
        self.make(as_alice)

        assert ApiKey.objects.get(name="Shop").is_limited is False

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"scopes": []}, "scopes"),
            ({"scopes": ["auth.add_user"]}, "scopes"),
            ({"name": ""}, "name"),
            ({"contract": "soap"}, "contract"),
            ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, "expires_at"),
        ],
    )
    def test_faults_are_said_beside_the_field(
        self, acme: Company, as_alice: Client, given: dict[str, Any], field: str
    ) -> None:
        answer = self.make(as_alice, **given)

        assert answer.status_code == 200
        assert list(answer.context["adminform"].form.errors) == [field]
        assert not ApiKey.objects.filter(name="Shop").exists()

    def test_more_than_its_maker_may_is_refused(self, acme: Company, as_alice: Client, bob: User) -> None:
        extra = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        as_alice.post(extra, {"permissions": ["organization.manage"]})
        as_bob = Client()
        as_bob.force_login(bob)

        assert (
            "scopes" in self.make(as_bob, scopes=["stockrequests.approve"]).context["adminform"].form.errors
        )
        assert "scopes" in self.make(as_bob, scopes=["inventory.write"]).context["adminform"].form.errors
        assert not ApiKey.objects.filter(name="Shop").exists()
        self.make(as_bob, scopes=["inventory.write"], warehouses=[str(acme.depot.pk)])
        assert ApiKey.objects.get(name="Shop").is_limited is True

    def test_revoking_asks_first_and_is_final(self, acme: Company, as_alice: Client) -> None:
        target = url("apikey", "revoke", acme.key.pk)
        assert "cannot be undone" in as_alice.get(target).text
        acme.key.refresh_from_db()
        assert acme.key.revoked_at is None

        answer = as_alice.post(target, follow=True)
        assert "is revoked" in answer.text
        acme.key.refresh_from_db()
        assert acme.key.revoked_at is not None

    def test_never_changed_nor_deleted(self, acme: Company, as_alice: Client) -> None:
        for what in ("change", "delete"):
            answer = as_alice.post(
                url("apikey", what, acme.key.pk),
                {"name": "Mine", "scopes": ["inventory.write"], "post": "yes"},
            )
            assert answer.status_code == 403
        acme.key.refresh_from_db()
        assert (acme.key.name, acme.key.scopes) == ("Acme key", ["inventory.read"])


class TestAccountsAndRoles:
    def test_role_shows_and_keeps_its_permissions(self, acme: Company, as_root: Client) -> None:
        counter = Group.objects.get(name="Counter")
        target = reverse("admin:auth_group_change", args=[counter.pk])
        ticked = set(re.findall(r'value="([\w.]+)"[^>]*\schecked[\s>]', as_root.get(target).text))
        assert ticked == {"products.read", "inventory.read", "inventory.cyclecount"}

        answer = as_root.post(
            target, {"name": "Counter", "permissions": ["inventory.read", "transfers.read"]}
        )

        assert answer.status_code == 302
        held = set(counter.permissions.values_list("codename", flat=True))
        assert held == {codename("inventory.read"), codename("transfers.read")}

    def test_superuser_makes_and_closes_an_account(self, as_root: Client, client: Client) -> None:
        answer = as_root.post(
            reverse("admin:warehouses_user_add"),
            {
                "email": "Nora@Example.com",
                "name": "Nora",
                "usable_password": "true",
                "password1": "violet-anvil-93",
                "password2": "violet-anvil-93",
            },
        )
        assert answer.status_code == 302
        assert client.login(username="nora@example.com", password="violet-anvil-93")
        nora = User.objects.get(email__iexact="nora@example.com")

        as_root.post(
            reverse("admin:warehouses_user_change", args=[nora.pk]), {"email": nora.email, "name": "Nora"}
        )

        nora.refresh_from_db()
        assert nora.is_active is False

    def test_an_address_is_one_persons_whatever_its_case(self, as_root: Client) -> None:
        make_person("nora@example.com")

        answer = as_root.post(
            reverse("admin:warehouses_user_add"),
            {
                "email": "NORA@example.com",
                "usable_password": "true",
                "password1": "violet-anvil-93",
                "password2": "violet-anvil-93",
            },
        )

        assert answer.status_code == 200
        assert User.objects.filter(email__iexact="nora@example.com").count() == 1


class TestAccessibility:
    def test_pages_have_skip_link_landmark_and_title(self, acme: Company, as_alice: Client) -> None:
        for page in ("/admin/", url("bin"), url("bin", "add"), url("apikey", "add")):
            text = as_alice.get(page).text
            assert text.count("<main") == 1
            assert 'href="#content" class="skip-link"' in text
            title = re.search(r"<title>\s*(.*?)\s*</title>", text, re.DOTALL)
            assert title is not None
            assert title[1].endswith("| Tallyhouse")
            assert not title[1].startswith("|")

    def test_help_texts_are_where_the_fields_say(self, acme: Company, as_alice: Client) -> None:
        text = as_alice.get(url("bin", "add")).text

        described = set(re.findall(r'aria-describedby="([^"]+)"', text))
        assert "id_pick_sequence_helptext" in described
        assert described <= set(re.findall(r'id="([^"]+)"', text))

    def test_sorted_column_says_so(self, acme: Company, as_alice: Client) -> None:
        assert 'aria-sort="descending"' in as_alice.get(url("bin"), {"o": "-1"}).text

    def test_names_are_escaped_everywhere(self, acme: Company, as_alice: Client) -> None:
        evil = "<script>alert(1)</script>"
        for row, field in (
            (acme.organization, "name"),
            (acme.depot, "name"),
            (acme.room, "name"),
            (acme.shelf, "code"),
        ):
            type(row).objects.filter(pk=row.pk).update(**{field: evil})
        User.objects.filter(email="bob@example.com").update(name=evil)
        pages = [
            "/admin/",
            *(
                url(screen)
                for screen in ("warehouse", "room", "bin", "membership", "invitation", "organization")
            ),
            *(url(screen, "add") for screen in ("room", "bin", "invitation", "apikey")),
            url("warehouse", "change", acme.depot.pk),
            url("bin", "change", acme.shelf.pk),
            url("membership", "change", acme.member.pk),
            url("warehouse", "delete", acme.depot.pk),
            reverse("admin:warehouses_membership_permissions", args=[acme.member.pk]),
            reverse("admin:search") + "?extended=1&s=alert",
        ]
        for page in pages:
            assert evil not in as_alice.get(page).text, page


class TestTimes:
    def test_are_told_in_the_organizations_time_zone(self, acme: Company, as_alice: Client) -> None:
        Organization.objects.filter(pk=acme.organization.pk).update(time_zone="Asia/Tokyo")
        ApiKey.objects.filter(pk=acme.key.pk).update(expires_at="2031-01-31T20:30:00Z")

        assert "1 Feb 2031, 05:30" in as_alice.get(url("apikey", "change", acme.key.pk)).text
        assert timezone.get_current_timezone_name() == "UTC"

    def test_are_read_in_the_organizations_time_zone(self, acme: Company, as_alice: Client) -> None:
        Organization.objects.filter(pk=acme.organization.pk).update(time_zone="Asia/Tokyo")

        as_alice.post(
            url("apikey", "add"),
            {
                "name": "Shop",
                "scopes": ["inventory.read"],
                "expires_at_0": "2031-02-01",
                "expires_at_1": "05:30",
            },
        )

        expires_at = ApiKey.objects.get(name="Shop").expires_at
        assert expires_at is not None
        assert expires_at.isoformat() == "2031-01-31T20:30:00+00:00"
