"""What a role begins a page with: who says so, for whom it holds, and when it ends."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from warehouses.access import Access, access_of_key, access_of_user
from warehouses.models import ApiKey, Membership, Organization, RoleStart, SavedView, User
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound
from warehouses.role_starts import role_choices, role_start, set_role_starts
from warehouses.saved_views import change_view, delete_view, save_view, visible_views

pytestmark = pytest.mark.django_db

PAGE = "inventory_explorer"


def member(organization: Organization, email: str, *roles: str) -> Access:
    access = access_of_user(factories.make_person(email, {organization: list(roles)}), organization)
    assert access is not None
    return access


def key_of(role: str) -> str:
    return str(Group.objects.get(name=role).pk)


def start(access: Access, page: str = PAGE) -> str:
    return role_start(access=access, page=page, saved=visible_views(access=access, page=page))


def begin(access: Access, view: SavedView, *roles: str) -> None:
    set_role_starts(
        access=access, page=view.page, view=view.public_id, roles=[key_of(role) for role in roles]
    )


@pytest.fixture
def owner(organization: Organization) -> Access:
    return member(organization, "olga@acme.example", "Owner")


@pytest.fixture
def viewer(organization: Organization) -> Access:
    return member(organization, "vera@acme.example", "Viewer")


@pytest.fixture
def low(owner: Access) -> SavedView:
    return save_view(access=owner, page=PAGE, name="Low", query="status=low", is_shared=True)


def test_those_of_the_role_begin_with_it(owner: Access, viewer: Access, low: SavedView) -> None:
    begin(owner, low, "Viewer")
    assert (start(viewer), start(owner), start(viewer, "elsewhere")) == (low.public_id, "", "")


def test_a_role_begins_a_page_with_one_view(owner: Access, viewer: Access, low: SavedView) -> None:
    out = save_view(access=owner, page=PAGE, name="Out", query="status=out_of_stock", is_shared=True)
    begin(owner, low, "Viewer", "Counter")
    begin(owner, out, "Viewer")
    assert start(viewer) == out.public_id
    assert [choice.name for choice in role_choices(access=owner, view=low) if choice.is_chosen] == ["Counter"]
    begin(owner, out)
    assert (start(viewer), RoleStart.objects.count()) == ("", 1)


def test_the_widest_role_decides(owner: Access, organization: Organization, low: SavedView) -> None:
    both = member(organization, "mia@acme.example", "Viewer", "Warehouse manager")
    out = save_view(access=owner, page=PAGE, name="Out", query="status=out_of_stock", is_shared=True)
    begin(owner, out, "Viewer")
    begin(owner, low, "Warehouse manager")
    assert start(both) == low.public_id


def test_it_ends_with_the_view_and_with_sharing(owner: Access, viewer: Access, low: SavedView) -> None:
    begin(owner, low, "Viewer")
    change_view(access=owner, view=low, is_shared=False)
    change_view(access=owner, view=low, is_shared=True)
    assert start(viewer) == ""
    begin(owner, low, "Viewer")
    delete_view(access=owner, view=low)
    assert (start(viewer), RoleStart.objects.count()) == ("", 0)


def test_it_ends_with_the_membership(
    owner: Access, viewer: Access, organization: Organization, low: SavedView
) -> None:
    begin(owner, low, "Viewer")
    Membership.objects.filter(user=viewer.actor.id).update(is_active=False)
    assert start(viewer) == ""


def test_roles_of_another_organization_count_for_nothing(owner: Access, low: SavedView) -> None:
    bolt = factories.make_organization("Bolt")
    begin(owner, low, "Viewer")
    stranger = factories.make_person("eve@bolt.example", {bolt: ["Viewer"], owner.organization: ["Counter"]})
    there, here = access_of_user(stranger, bolt), access_of_user(stranger, owner.organization)
    assert there is not None
    assert here is not None
    assert (start(there), start(here)) == ("", "")
    boss = member(bolt, "boss@bolt.example", "Owner")
    with pytest.raises(NotFound):
        begin(boss, low, "Viewer")


def test_only_who_manages_the_organization_says_so(
    viewer: Access, organization: Organization, low: SavedView
) -> None:
    manager = member(organization, "max@acme.example", "Warehouse manager")
    factories.make_key(organization, ["organization.manage"])
    for access in (viewer, manager, access_of_key(ApiKey.objects.get())):
        assert role_choices(access=access, view=low) == []
        with pytest.raises(Forbidden):
            begin(access, low, "Viewer")


def test_what_is_refused(owner: Access) -> None:
    mine = save_view(access=owner, page=PAGE, name="Mine", query="")
    assert role_choices(access=owner, view=mine) == []
    with pytest.raises(Conflict, match="Share"):
        begin(owner, mine, "Viewer")
    change_view(access=owner, view=mine, is_shared=True)
    for roles in (["0"], ["x"], [key_of("Viewer"), "²"]):
        with pytest.raises(InvalidInput):
            set_role_starts(access=owner, page=PAGE, view=mine.public_id, roles=roles)
    assert not RoleStart.objects.exists()


def test_it_costs_nothing_where_no_view_is_shared(owner: Access, viewer: Access) -> None:
    save_view(access=viewer, page=PAGE, name="Mine", query="")
    saved = visible_views(access=viewer, page=PAGE)
    with CaptureQueriesContext(
        connection,
    ) as told:
        role_start(access=viewer, page=PAGE, saved=saved)
    assert len(told) == 0


class TestPages:
    @pytest.mark.parametrize(
        ("address", "page", "query"),
        [
            ("/admin/stock/", PAGE, "status=low"),
            ("/admin/inventory/stocklevel/", "inventory_stocklevel_changelist", "q=MUG"),
        ],
    )
    def test_the_choice_is_in_the_menu_and_opens_the_page(
        self, owner: Access, viewer: Access, address: str, page: str, query: str
    ) -> None:
        view = save_view(access=owner, page=page, name="Ours", query=query, is_shared=True)
        hers, theirs = logged_in(owner), logged_in(viewer)
        there = hers.get(f"{address}?{query}").content.decode()
        assert "Who begins this page with it" in there
        assert "Who begins this page with it" not in theirs.get(f"{address}?{query}").content.decode()

        chosen = {"do": "roles", "view": view.public_id, "back": query, "role": [key_of("Viewer")]}
        assert theirs.post(f"{address}views/", chosen, follow=True).status_code == 200
        assert theirs.get(address).status_code == 200
        hers.post(f"{address}views/", chosen)
        assert query in theirs.get(address).url
        # What a person has chosen goes before what their role has.
        theirs.post(f"{address}views/", {"do": "start", "view": "all", "back": ""})
        assert theirs.get(address).status_code == 200


def logged_in(access: Access) -> Client:
    client = Client()
    person: Any = User.objects.get(pk=access.actor.id)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client
