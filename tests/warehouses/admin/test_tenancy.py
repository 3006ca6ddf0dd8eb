"""Whose rows each page shows, offers and takes: every model of the ground floor × Alice, Bob and Charlie."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.warehouses.admin.conftest import Company
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.admin.scoped import Scoped
from warehouses.models import Bin, Room, User, Warehouse

Row = Callable[[Company], Any]

#: Page → (a row of a company, a text of that row's line in the list).
ROWS: dict[str, tuple[Row, Row]] = {
    "warehouse": (lambda company: company.depot, lambda company: company.depot.name),
    "room": (lambda company: company.room, lambda company: company.room.name),
    "bin": (lambda company: company.shelf, lambda company: company.shelf.code),
    "membership": (lambda company: company.member, lambda company: company.member.user.email),
    "invitation": (lambda company: company.invitation, lambda company: company.invitation.email),
    "apikey": (lambda company: company.key, lambda company: company.key.name),
    "organization": (lambda company: company.organization, lambda company: company.organization.name),
}
PLACES = ["warehouse", "room", "bin"]
MANAGED = sorted(ROWS.keys() - set(PLACES))


def url(screen: str, what: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:warehouses_{screen}_{what}", args=args)


def results(answer: Any) -> list[Any]:
    return list(answer.context["cl"].result_list)


def test_every_page_of_this_app_is_in_this_table() -> None:
    pages = {
        model._meta.model_name for model in admin.site._registry if model._meta.app_label == "warehouses"
    }
    # People are of all organizations; the log of requests is looked at in tests.inventory.admin.test_request_log.
    assert pages == ROWS.keys() | {"user", "requestrecord"}


def test_every_page_with_an_organization_is_scoped() -> None:
    unscoped = [
        model.__name__
        for model, page in admin.site._registry.items()
        if any(field.name == "organization" for field in model._meta.fields) and not isinstance(page, Scoped)
    ]
    assert unscoped == []


@pytest.mark.parametrize("screen", ROWS)
class TestEachPage:
    def test_owner_lists_own_rows_only(
        self, screen: str, acme: Company, other: Company, as_alice: Client
    ) -> None:
        row, text = ROWS[screen]
        answer = as_alice.get(url(screen))

        assert answer.status_code == 200
        assert row(acme) in results(answer)
        assert row(other) not in results(answer)
        assert text(acme) in answer.text
        assert text(other) not in answer.text

    def test_foreign_row_is_not_found(
        self, screen: str, acme: Company, other: Company, as_alice: Client
    ) -> None:
        row, _text = ROWS[screen]
        own, theirs = row(acme).pk, row(other).pk
        assert as_alice.get(url(screen, "change", own)).status_code == 200

        answers = [
            as_alice.get(url(screen, "change", theirs)),
            as_alice.post(url(screen, "change", theirs), {"name": "Mine now"}),
            as_alice.get(url(screen, "history", theirs)),
            as_alice.get(url(screen, "change", "00000000-0000-7000-8000-000000000000")),
            as_alice.get(url(screen, "change", "nonsense")),
        ]
        # Keys and invitations are changed by nobody, so that a POST says no more of this row than of one's own.
        posted = 403 if screen in {"apikey", "invitation"} else 404
        assert [answer.status_code for answer in answers] == [404, posted, 404, 404, 404]
        assert as_alice.get(url(screen, "delete", theirs)).status_code in {403, 404}
        assert as_alice.post(url(screen, "delete", theirs), {"post": "yes"}).status_code in {403, 404}
        assert type(row(other)).objects.filter(pk=theirs).exists()

    def test_filter_by_a_foreign_row_finds_nothing(
        self, screen: str, acme: Company, other: Company, as_alice: Client
    ) -> None:
        row, _text = ROWS[screen]

        answer = as_alice.get(url(screen), {"id__exact": str(row(other).pk)})

        assert answer.status_code == 200
        assert results(answer) == []

    def test_search_finds_own_rows_only(
        self, screen: str, acme: Company, other: Company, as_alice: Client
    ) -> None:
        row, text = ROWS[screen]

        assert results(as_alice.get(url(screen), {"q": text(acme)})) == [row(acme)]
        assert results(as_alice.get(url(screen), {"q": text(other)})) == []

    def test_public_id_finds_its_row(
        self, screen: str, acme: Company, other: Company, as_alice: Client
    ) -> None:
        row, _text = ROWS[screen]

        assert results(as_alice.get(url(screen), {"q": row(acme).public_id})) == [row(acme)]
        assert results(as_alice.get(url(screen), {"q": row(other).public_id})) == []

    def test_without_an_organization_there_is_nothing(
        self, screen: str, acme: Company, as_root: Client
    ) -> None:
        answer = as_root.get(url(screen))

        if screen == "organization":  # the way out: a superuser makes and sees organizations
            assert answer.status_code == 200
        else:
            assert answer.status_code == 403
            assert as_root.get(url(screen, "change", ROWS[screen][0](acme).pk)).status_code in {403, 404}

    def test_nobody_logged_in_is_asked_to(self, screen: str, acme: Company, client: Client) -> None:
        answer = client.get(url(screen))

        assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={url(screen)}")

    def test_null_characters_are_a_bad_request(self, screen: str, acme: Company, as_alice: Client) -> None:
        assert as_alice.get(url(screen), {"id__exact": "\x00"}).status_code == 400

    def test_adding_needs_the_right(self, screen: str, acme: Company, as_bob: Client) -> None:
        # Bob may add rooms and bins (to his depot); a warehouse would be beside it.
        expected = 200 if screen in {"room", "bin"} else 403
        assert as_bob.get(url(screen, "add")).status_code == expected


@pytest.mark.parametrize("screen", PLACES)
class TestBobsPlaces:
    def test_lists_his_warehouse_only(self, screen: str, acme: Company, as_bob: Client) -> None:
        rows = results(as_bob.get(url(screen)))

        assert ROWS[screen][0](acme) in rows
        assert {row.pk if screen == "warehouse" else row.warehouse_id for row in rows} == {acme.depot.pk}

    def test_the_other_warehouse_is_not_found(self, screen: str, acme: Company, as_bob: Client) -> None:
        hidden = {
            "warehouse": acme.main,
            "room": acme.main.rooms.get(),
            "bin": acme.main.bins.get(),
        }[screen]

        assert as_bob.get(url(screen, "change", hidden.pk)).status_code == 404
        assert as_bob.post(url(screen, "delete", hidden.pk), {"post": "yes"}).status_code == 404
        assert type(hidden).objects.filter(pk=hidden.pk).exists()


@pytest.mark.parametrize("screen", MANAGED)
def test_who_does_not_manage_the_organization_sees_nothing_of_it(
    screen: str, acme: Company, as_bob: Client
) -> None:
    assert as_bob.get(url(screen)).status_code == 403
    assert as_bob.get(url(screen, "change", ROWS[screen][0](acme).pk)).status_code == 403


def test_accounts_are_the_superusers(as_alice: Client, as_root: Client) -> None:
    for what in ("changelist", "add"):
        assert as_alice.get(url("user", what)).status_code == 403
        assert as_root.get(url("user", what)).status_code == 200


def test_roles_are_the_superusers_and_owners_may_look(
    acme: Company, as_alice: Client, as_bob: Client, as_root: Client
) -> None:
    counter = Group.objects.get(name="Counter")
    listing, adding = reverse("admin:auth_group_changelist"), reverse("admin:auth_group_add")
    page = reverse("admin:auth_group_change", args=[counter.pk])
    deleting = reverse("admin:auth_group_delete", args=[counter.pk])
    asked = [listing, page, adding, deleting]

    assert [as_root.get(target).status_code for target in asked] == [200, 200, 200, 200]
    assert [as_alice.get(target).status_code for target in asked] == [200, 200, 403, 403]
    assert [as_bob.get(target).status_code for target in asked] == [403, 403, 403, 403]
    assert "inventory.cyclecount: Plan and carry out cycle counts" in as_alice.get(page).text
    assert as_alice.post(page, {"name": "Mine", "permissions": ["organization.manage"]}).status_code == 403
    counter.refresh_from_db()
    assert (counter.name, counter.permissions.count()) == ("Counter", 1)


class TestFilters:
    def test_offer_own_rows_only(self, acme: Company, other: Company, as_alice: Client) -> None:
        answer = as_alice.get(url("bin"))

        assert acme.depot.name in answer.text
        assert acme.main.name in answer.text
        assert other.depot.name not in answer.text

    def test_offer_bob_his_warehouse_only(self, acme: Company, as_bob: Client) -> None:
        assert acme.main.name not in as_bob.get(url("room")).text

    @pytest.mark.parametrize(
        ("screen", "field"), [("bin", "warehouse"), ("bin", "room"), ("room", "warehouse")]
    )
    def test_by_a_foreign_row_shows_nothing_of_it(
        self, acme: Company, other: Company, as_alice: Client, screen: str, field: str
    ) -> None:
        theirs = other.room if field == "room" else other.depot

        answer = as_alice.get(url(screen), {f"{field}__id__exact": str(theirs.pk)})

        assert answer.status_code == 200
        assert results(answer) == []
        assert str(theirs) not in answer.text

    def test_by_own_room_keeps_its_name_shown(self, acme: Company, as_alice: Client) -> None:
        answer = as_alice.get(url("bin"), {"room__id__exact": str(acme.room.pk)})

        assert results(answer) == [acme.shelf]
        assert "Acme depot / Acme vault" in answer.text

    def test_by_a_secret_is_refused(self, acme: Company, as_alice: Client) -> None:
        answer = as_alice.get(url("apikey"), {"digest__startswith": acme.key.digest[:2]})

        assert answer.status_code == 400

    def test_that_lists_all_rows_does_not_start(self, acme: Company, alice: User) -> None:
        class Leaky(ScopedModelAdmin):
            read_permission = "inventory.read"
            list_filter = (("warehouse", admin.RelatedFieldListFilter),)

        with pytest.raises(ImproperlyConfigured):
            Leaky(Bin, admin.site).get_list_filter(RequestFactory().get("/"))


class TestAutocomplete:
    def ask(self, client: Client, term: str = "") -> Any:
        return client.get(
            reverse("admin:autocomplete"),
            {"app_label": "warehouses", "model_name": "bin", "field_name": "room", "term": term},
        )

    def test_offers_own_rows_and_says_where_they_are(
        self, acme: Company, other: Company, as_alice: Client
    ) -> None:
        texts = [row["text"] for row in json.loads(self.ask(as_alice).content)["results"]]

        assert texts == ["Acme depot / Acme vault", "Acme depot / Main", "Acme main / Main"]

    def test_offers_bob_his_warehouse_only(self, acme: Company, as_bob: Client) -> None:
        texts = [row["text"] for row in json.loads(self.ask(as_bob).content)["results"]]

        assert texts == ["Acme depot / Acme vault", "Acme depot / Main"]

    def test_foreign_term_finds_nothing(self, acme: Company, other: Company, as_alice: Client) -> None:
        assert json.loads(self.ask(as_alice, "Other vault").content)["results"] == []

    def test_null_character_finds_what_is_left(self, acme: Company, as_alice: Client) -> None:
        assert self.ask(as_alice, "va\x00ult").status_code == 200

    def test_without_an_organization_is_refused(self, as_root: Client) -> None:
        assert self.ask(as_root).status_code == 403


class TestForeignKeysInForms:
    def test_foreign_warehouse_is_no_choice(self, acme: Company, other: Company, as_alice: Client) -> None:
        answer = as_alice.post(
            url("room", "add"), {"warehouse": str(other.depot.pk), "name": "Mine", "room_type": "vault"}
        )

        assert answer.status_code == 200
        assert "Select a valid choice" in answer.text
        assert not Room.objects.filter(name="Mine").exists()

    def test_warehouse_where_bob_may_not_write_is_no_choice(self, acme: Company, as_bob: Client) -> None:
        page = as_bob.get(url("room", "add"))
        assert acme.depot.name in page.text
        assert acme.main.name not in page.text

        answer = as_bob.post(
            url("room", "add"), {"warehouse": str(acme.main.pk), "name": "Mine", "room_type": "vault"}
        )
        assert "Select a valid choice" in answer.text
        assert not Room.objects.filter(name="Mine").exists()

    def test_foreign_room_is_no_choice(self, acme: Company, other: Company, as_alice: Client) -> None:
        for target in (url("bin", "add"), url("bin", "change", acme.shelf.pk)):
            answer = as_alice.post(target, {"room": str(other.room.pk), "code": "X-1"})
            assert "Select a valid choice" in answer.text
        assert not Bin.objects.filter(code="X-1").exists()

    @pytest.mark.parametrize("screen", ["invitation", "apikey"])
    def test_foreign_warehouse_is_no_place(
        self, acme: Company, other: Company, as_alice: Client, screen: str
    ) -> None:
        role = acme.invitation.role_id
        given: dict[str, Any] = {
            "invitation": {"email": "x@example.com", "role": role, "warehouse": str(other.depot.pk)},
            "apikey": {"name": "Mine", "scopes": ["inventory.read"], "warehouses": [str(other.depot.pk)]},
        }
        before = type(ROWS[screen][0](acme)).objects.count()

        answer = as_alice.post(url(screen, "add"), given[screen])

        assert answer.status_code == 200
        assert "Select a valid choice" in answer.text
        assert type(ROWS[screen][0](acme)).objects.count() == before

    def test_foreign_default_warehouse_is_no_choice(
        self, acme: Company, other: Company, as_alice: Client
    ) -> None:
        page = as_alice.get(url("organization", "change", acme.organization.pk))
        assert other.depot.name not in page.text

        as_alice.post(
            url("organization", "change", acme.organization.pk),
            {
                "name": "Acme",
                "time_zone": "UTC",
                "currency": "EUR",
                "default_warehouse": str(other.depot.pk),
                "expiry_warning_days": "30",
            },
        )
        acme.organization.refresh_from_db()
        assert acme.organization.default_warehouse == acme.main

    def test_organization_in_the_post_is_ignored(
        self, acme: Company, other: Company, as_alice: Client
    ) -> None:
        as_alice.post(
            url("warehouse", "add"),
            {"name": "Mine", "type": "own", "organization": str(other.organization.pk)},
        )

        assert Warehouse.objects.get(name="Mine").organization == acme.organization


class TestActions:
    @pytest.mark.parametrize(
        ("screen", "action"),
        [
            ("warehouse", "deactivate"),
            ("warehouse", "delete_selected"),
            ("bin", "deactivate"),
            ("bin", "delete_selected"),
            ("room", "delete_selected"),
            ("membership", "suspend"),
            ("membership", "delete_selected"),
            ("invitation", "revoke_selected"),
        ],
    )
    @pytest.mark.parametrize("across", ["0", "1"])
    def test_on_foreign_rows_does_nothing(
        self, acme: Company, other: Company, as_alice: Client, screen: str, action: str, across: str
    ) -> None:
        theirs = ROWS[screen][0](other)
        before = type(theirs).objects.filter(pk=theirs.pk).values().get()

        as_alice.post(
            url(screen),
            {
                "action": action,
                "_selected_action": [str(theirs.pk)],
                "select_across": across,
                "index": "0",
                "post": "yes",
            },
        )

        assert type(theirs).objects.filter(pk=theirs.pk).values().get() == before

    def test_on_places_where_bob_may_only_read_does_nothing(
        self, acme: Company, as_bob: Client, as_alice: Client
    ) -> None:
        given = {"permissions": ["inventory.read"]}
        extra = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        assert as_alice.post(extra, given).status_code == 302
        hidden = acme.main.bins.get()
        assert hidden in results(as_bob.get(url("bin")))
        Bin.objects.filter(pk=hidden.pk).update(is_default=False)

        for action in ("deactivate", "delete_selected"):
            as_bob.post(url("bin"), {"action": action, "_selected_action": [str(hidden.pk)], "post": "yes"})
        assert as_bob.post(url("bin", "change", hidden.pk), {"code": "Mine"}).status_code == 403
        assert as_bob.post(url("bin", "delete", hidden.pk), {"post": "yes"}).status_code == 403

        row = Bin.objects.get(pk=hidden.pk)
        assert (row.is_active, row.code) == (True, "MAIN")

    @pytest.mark.parametrize("screen", ["invitation", "apikey"])
    def test_revoking_a_foreign_row_is_refused(
        self, acme: Company, other: Company, as_alice: Client, screen: str
    ) -> None:
        theirs = ROWS[screen][0](other)

        for ask in (as_alice.get, as_alice.post):
            assert ask(reverse(f"admin:warehouses_{screen}_revoke", args=[theirs.pk])).status_code == 403
        theirs.refresh_from_db()
        assert theirs.revoked_at is None

    def test_permissions_of_a_foreign_member_are_not_found(
        self, acme: Company, other: Company, as_alice: Client
    ) -> None:
        target = reverse("admin:warehouses_membership_permissions", args=[other.member.pk])

        assert as_alice.get(target).status_code == 404
        assert as_alice.post(target, {"permissions": ["inventory.read"]}).status_code == 404
        own = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        assert as_alice.get(own, {"warehouse": other.depot.public_id}).status_code == 404


class TestPalette:
    def find(self, client: Client, term: str) -> str:
        answer = client.get(reverse("admin:search"), {"s": term, "extended": "1"})
        assert answer.status_code == 200
        return answer.text

    def test_finds_own_rows_only(self, acme: Company, other: Company, as_alice: Client) -> None:
        assert "Acme depot" in self.find(as_alice, "depot")
        assert "Other" not in self.find(as_alice, "depot")
        assert "Acme depot / Acme-1" in self.find(as_alice, "ACME0001")

    def test_shows_the_chosen_organization_at_once(
        self, acme: Company, other: Company, as_root: Client
    ) -> None:
        for company, hidden in ((acme, "Other depot"), (other, "Acme depot")):
            as_root.post("/organization/", {"organization": company.organization.public_id})
            page = self.find(as_root, "depot")
            assert company.depot.name in page
            assert hidden not in page

    def test_shows_pages_one_may_open(self, acme: Company, as_alice: Client, as_bob: Client) -> None:
        assert url("apikey") in self.find(as_alice, "key")
        assert url("apikey") not in self.find(as_bob, "key")
        assert reverse("admin:warehouses_user_changelist") not in self.find(as_alice, "people")

    @pytest.mark.parametrize(
        "query", [{"s": ""}, {"s": "\x00"}, {"s": "x", "page": "abc"}, {"s": "a", "page": "99"}]
    )
    def test_odd_queries_are_answered(self, acme: Company, as_alice: Client, query: dict[str, str]) -> None:
        assert as_alice.get(reverse("admin:search"), query).status_code == 200


class TestSidebar:
    def titles(self, client: Client) -> list[str]:
        groups = client.get("/admin/").context["sidebar_navigation"]
        return [item["title"] for group in groups for item in group["items"]]

    def test_shows_what_one_may_open(
        self, acme: Company, as_alice: Client, as_bob: Client, as_root: Client
    ) -> None:
        places = ["Warehouses", "Rooms", "Bins"]
        managed = ["People", "Roles", "Invitations", "API keys", "Settings"]
        installation = ["Organizations", "Accounts"]

        ours = {*places, *managed, *installation}
        shown = [
            [title for title in self.titles(client) if title in ours]
            for client in (as_alice, as_bob, as_root)
        ]
        assert shown == [places + managed, places, ["Roles", *installation]]

    def test_without_an_organization_the_overview_says_so(self, as_root: Client) -> None:
        assert "No organization is chosen" in as_root.get("/admin/").text

    def test_switcher_lists_ones_own_only(
        self, acme: Company, other: Company, as_root: Client, as_alice: Client
    ) -> None:
        as_root.post("/organization/", {"organization": acme.organization.public_id})
        assert other.organization.public_id in as_root.get("/admin/").text
        assert other.organization.public_id not in as_alice.get("/admin/").text
