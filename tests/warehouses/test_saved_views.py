"""Saved views: whose they are, who sees them, and what is refused."""

from __future__ import annotations

import pytest

from tests import factories
from warehouses.access import Access, access_of_key, access_of_user
from warehouses.models import ApiKey, Organization, SavedView, User
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound
from warehouses.saved_views import (
    MOST_VIEWS,
    change_view,
    delete_view,
    find_view,
    save_view,
    visible_views,
)

pytestmark = pytest.mark.django_db

PAGE = "approvals"


def member(organization: Organization, email: str) -> Access:
    person = factories.make_person(email, {organization: ["Viewer"]})
    access = access_of_user(person, organization)
    assert access is not None
    return access


@pytest.fixture
def alice(organization: Organization) -> Access:
    return member(organization, "alice@acme.example")


@pytest.fixture
def bob(organization: Organization) -> Access:
    return member(organization, "bob@acme.example")


def names(access: Access, page: str = PAGE) -> list[str]:
    return [view.name for view in visible_views(access=access, page=page)]


def test_own_and_shared_views_are_seen_by_name(alice: Access, bob: Access) -> None:
    save_view(access=alice, page=PAGE, name="late", query="show=late")
    save_view(access=alice, page=PAGE, name="Big", query="sort=value", is_shared=True)
    save_view(access=alice, page="elsewhere", name="Other", query="", is_shared=True)

    assert names(alice) == ["Big", "late"]
    assert names(bob) == ["Big"]
    assert names(bob, "elsewhere") == ["Other"]


def test_another_organization_sees_none(alice: Access) -> None:
    view = save_view(access=alice, page=PAGE, name="Big", query="", is_shared=True)
    eve = member(factories.make_organization("Bolt"), "eve@bolt.example")

    assert names(eve) == []
    with pytest.raises(NotFound, match="no such view"):
        find_view(access=eve, page=PAGE, public_id=view.public_id)
    for act in (
        lambda: change_view(access=eve, view=view, query="x=1"),
        lambda: delete_view(access=eve, view=view),
    ):
        with pytest.raises(NotFound):
            act()
    view.refresh_from_db()
    assert view.query == ""


@pytest.mark.parametrize("public_id", ["", "view_x", "wh_01hx000000e008000000000001", "\x00"])
def test_a_view_that_there_is_not_is_not_found(alice: Access, public_id: str) -> None:
    with pytest.raises(NotFound) as refused:
        find_view(access=alice, page=PAGE, public_id=public_id)
    assert refused.value.code == "SAVED_VIEW_NOT_FOUND"


def test_only_its_owner_finds_what_is_not_shared(alice: Access, bob: Access) -> None:
    view = save_view(access=alice, page=PAGE, name="Mine", query="")

    assert find_view(access=alice, page=PAGE, public_id=view.public_id) == view
    for page, access in ((PAGE, bob), ("elsewhere", alice)):
        with pytest.raises(NotFound):
            find_view(access=access, page=page, public_id=view.public_id)


def test_only_its_owner_changes_and_deletes_a_shared_view(alice: Access, bob: Access) -> None:
    view = save_view(access=alice, page=PAGE, name="Ours", query="a=1", is_shared=True)

    for act in (
        lambda: change_view(access=bob, view=view, query="a=2"),
        lambda: delete_view(access=bob, view=view),
    ):
        with pytest.raises(Forbidden) as refused:
            act()
        assert refused.value.code == "NOT_YOUR_VIEW"
    changed = change_view(access=alice, view=view, query="a=3", name="Everybody's", is_shared=False)
    assert (changed.query, changed.name, changed.is_shared) == ("a=3", "Everybody's", False)
    delete_view(access=alice, view=view)
    assert not SavedView.objects.exists()


def test_a_name_is_taken_once_by_each_person_whatever_its_case(alice: Access, bob: Access) -> None:
    save_view(access=alice, page=PAGE, name="Late", query="")
    other = save_view(access=alice, page=PAGE, name="Big", query="")

    with pytest.raises(Conflict) as refused:
        save_view(access=alice, page=PAGE, name=" LATE ", query="")
    assert refused.value.code == "NAME_TAKEN"
    with pytest.raises(Conflict):
        change_view(access=alice, view=other, name="late")
    save_view(access=alice, page="elsewhere", name="Late", query="")
    save_view(access=bob, page=PAGE, name="Late", query="")
    assert SavedView.objects.count() == 4


@pytest.mark.parametrize(
    ("name", "query", "code"),
    [
        ("", "", "INVALID_NAME"),
        (" \x00 ", "", "INVALID_NAME"),
        ("x" * 61, "", "INVALID_NAME"),
        ("Long", "q=" + "x" * 2000, "INVALID_QUERY"),
        ("Null", "q=\x00", "INVALID_QUERY"),
    ],
)
def test_a_bad_name_or_query_is_refused(alice: Access, name: str, query: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        save_view(access=alice, page=PAGE, name=name, query=query)
    assert refused.value.code == code
    assert not SavedView.objects.exists()


def test_a_page_has_only_so_many_views_of_one_person(alice: Access, bob: Access) -> None:
    for number in range(MOST_VIEWS):
        save_view(access=alice, page=PAGE, name=f"View {number}", query="")

    with pytest.raises(Conflict) as refused:
        save_view(access=alice, page=PAGE, name="One more", query="")
    assert refused.value.code == "TOO_MANY_VIEWS"
    save_view(access=bob, page=PAGE, name="One more", query="")


def test_a_key_has_no_views(organization: Organization, alice: Access) -> None:
    save_view(access=alice, page=PAGE, name="Ours", query="", is_shared=True)
    save_view(access=alice, page=PAGE, name="Mine", query="")
    factories.make_key(organization, ["stockrequests.approve"])
    key = access_of_key(ApiKey.objects.get())

    with pytest.raises(Forbidden) as refused:
        save_view(access=key, page=PAGE, name="Its own", query="")
    assert refused.value.code == "PERSON_REQUIRED"
    assert names(key) == ["Ours"]


def test_views_go_with_their_owner(alice: Access) -> None:
    save_view(access=alice, page=PAGE, name="Mine", query="")

    User.objects.get(pk=alice.actor.id).delete()

    assert not SavedView.objects.exists()
