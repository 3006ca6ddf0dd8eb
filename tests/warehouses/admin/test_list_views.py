"""What people make of a list: its columns, its filters kept as views, and the order in them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from warehouses.models import Organization, PagePreference, SavedView, User

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/warehouses/bin/"
VIEWS = f"{ADDRESS}views/"


@pytest.fixture
def alice(organization: Organization) -> User:
    return factories.make_person("alice@acme.example", {organization: ["Owner"]})


@pytest.fixture
def hers(alice: User) -> Client:
    return logged_in(alice)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def columns(client: Client, query: str = "q=") -> list[str]:
    shown = client.get(f"{ADDRESS}?{query}").context["cl"].list_display
    return [column for column in shown if column != "action_checkbox"]


def tabs(client: Client, query: str = "q=") -> dict[str, str]:
    return {tab.name: tab.address for tab in client.get(f"{ADDRESS}?{query}").context["views"].tabs}


def keep(client: Client, **values: Any) -> Any:
    return client.post(VIEWS, values)


class TestColumns:
    def test_those_chosen_are_shown_with_the_one_that_leads_to_the_record(self, hers: Client) -> None:
        every = columns(hers)
        assert len(every) > 2
        keep(hers, do="columns", columns=[every[-1]])
        assert columns(hers) == [every[0], every[-1]]
        offered = hers.get(f"{ADDRESS}?q=").context["columns"]
        assert [name for name, *_ in offered] == every[1:]
        assert [name for name, _, is_shown, _ in offered if is_shown] == [every[-1]]
        keep(hers, do="columns", columns=[])
        assert columns(hers) == [every[0]]
        keep(hers, do="columns_reset")
        assert columns(hers) == every

    def test_are_the_persons_own_in_this_organization(self, hers: Client, organization: Organization) -> None:
        every = columns(hers)
        keep(hers, do="columns", columns=[every[1]])
        bob = factories.make_person("bob@acme.example", {organization: ["Owner"]})
        assert columns(logged_in(bob)) == every
        kept = PagePreference.objects.get()
        assert (kept.organization, kept.page, kept.value) == (
            organization,
            "warehouses_bin_changelist",
            {"columns": [every[1]]},
        )

    def test_what_is_no_column_is_left_out(self, hers: Client) -> None:
        every = columns(hers)
        keep(hers, do="columns", columns=["password", "organization", every[1], "__str__"])
        assert columns(hers) == every[:2]
        PagePreference.objects.update(value={"columns": ["digest", every[1]], "start": 7})
        assert columns(hers) == every[:2]
        PagePreference.objects.update(value=["nonsense"])
        assert columns(hers) == every


class TestViews:
    def test_filters_are_kept_and_what_passes_is_not(self, hers: Client) -> None:
        keep(hers, do="save_as", name="Active", back="is_active__exact=1&q=A")
        assert tabs(hers) == {"All": f"{ADDRESS}?q=", "Active": f"{ADDRESS}?is_active__exact=1&q=A"}
        views = hers.get(f"{ADDRESS}?q=A&is_active__exact=1&p=1").context["views"]
        assert views.current.name == "Active"
        assert views.back == "q=A&is_active__exact=1"

    def test_order_is_kept_by_name_whatever_the_columns(self, hers: Client) -> None:
        shown = hers.get(f"{ADDRESS}?q=").context["cl"].list_display
        place = list(shown).index("code")
        query = hers.get(f"{ADDRESS}?o=-{place}").context["views"].back
        assert query == "order=-code"
        keep(hers, do="save_as", name="Backwards", back=query)
        assert tabs(hers)["Backwards"] == f"{ADDRESS}?o=-{place}"
        assert hers.get(f"{ADDRESS}?o=-{place}").context["views"].current.name == "Backwards"
        keep(hers, do="save_as", name="By another", back=f"order={shown[-1]}.-code")
        keep(hers, do="columns", columns=[])
        assert tabs(hers)["By another"] == f"{ADDRESS}?o=-{place}"
        assert hers.get(f"{ADDRESS}?o=99.x.-").context["views"].back == ""

    def test_list_begins_with_the_view_chosen(self, hers: Client) -> None:
        keep(hers, do="save_as", name="Mine", back="q=A")
        view = SavedView.objects.get()
        keep(hers, do="start", view=view.public_id, back="q=A")
        answer = hers.get(ADDRESS)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{ADDRESS}?q=A")
        assert hers.get(f"{ADDRESS}?q=").status_code == 200
        keep(hers, do="delete", view=view.public_id, back="q=A")
        assert hers.get(ADDRESS).status_code == 200

    def test_others_see_what_is_shared_and_nothing_of_another_organization(
        self, hers: Client, organization: Organization
    ) -> None:
        keep(hers, do="save_as", name="Shared", back="q=A", is_shared="on")
        keep(hers, do="save_as", name="Private", back="q=B")
        bob = logged_in(factories.make_person("bob@acme.example", {organization: ["Owner"]}))
        rival = factories.make_organization("Rival")
        charlie = logged_in(factories.make_person("charlie@rival.example", {rival: ["Owner"]}))
        assert (list(tabs(bob)), list(tabs(charlie))) == (["All", "Shared"], ["All"])
        shared, private = (SavedView.objects.get(name=name) for name in ("Shared", "Private"))
        assert keep(charlie, do="delete", view=shared.public_id).status_code == 404
        assert keep(bob, do="delete", view=private.public_id).status_code == 404
        page = bob.post(VIEWS, {"do": "delete", "view": shared.public_id}, follow=True).content.decode()
        assert "somebody else" in page
        assert SavedView.objects.count() == 2

    def test_views_of_one_list_are_not_those_of_another(self, hers: Client) -> None:
        keep(hers, do="save_as", name="Mine", back="q=A")
        views = hers.get("/admin/warehouses/room/?q=").context["views"]
        assert [tab.name for tab in views.tabs] == ["All"]

    def test_view_whose_filter_is_gone_leads_to_the_list(self, hers: Client) -> None:
        keep(hers, do="save_as", name="Old", back="gone__exact=1&q=%00")
        answer = hers.get(tabs(hers)["Old"], follow=True)
        assert answer.status_code in {200, 400}


class TestWhoMay:
    def test_who_may_not_see_the_list_keeps_nothing_of_it(self, organization: Organization) -> None:
        counter = logged_in(factories.make_person("cora@acme.example", {organization: ["Counter"]}))
        assert keep(counter, do="columns", columns=["code"]).status_code == 403
        assert keep(counter, do="save_as", name="x", back="").status_code == 403
        assert not PagePreference.objects.exists()
        assert not SavedView.objects.exists()

    def test_it_takes_a_form_of_ours(self, alice: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
        assert strict.post(VIEWS, {"do": "columns", "columns": "code"}).status_code == 403
        assert strict.get(VIEWS).status_code == 405
        assert Client().post(VIEWS).status_code == 302

    def test_superuser_without_an_organization_has_lists_without_views(self) -> None:
        factories.make_organization("One")
        factories.make_organization("Two")
        root = logged_in(User.objects.create_superuser("root@acme.example", "correct horse battery"))
        page = root.get(reverse("admin:warehouses_organization_changelist"))
        assert page.status_code == 200
        assert "views" not in page.context

    def test_a_popup_has_none(self, hers: Client) -> None:
        assert "views" not in hers.get(f"{ADDRESS}?_popup=1").context
