"""The bell in the header, and the page behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make_organization, make_person
from tests.warehouses.admin.conftest import Company, signed_in
from warehouses.models import Notice, Organization, User
from warehouses.notices import Message, notify

PAGE = "/admin/notices/"
SOON = datetime.now(UTC) - timedelta(hours=1)


def tell(organization: Organization, user: User, title: str = "SR-00001 waits", **fields: Any) -> Notice:
    given: dict[str, Any] = {"text": "North → South", "path": "/admin/warehouses/warehouse/"} | fields
    at = given.pop("at", SOON)
    with transaction.atomic():
        notify(
            organization=organization,
            users=[user],
            message=Message("test.kind", title, **given),
            at=at,
            by_email=False,
            doer=None,
        )
    return Notice.objects.filter(user=user, organization=organization).order_by("-pk")[0]


def address(notice: Notice) -> str:
    return reverse("admin:notice", args=[notice.public_id])


def titles(client: Client, page: str = PAGE) -> list[str]:
    return [notice.title for notice in client.get(page).context["page"]]


class TestBell:
    def test_it_tells_how_many(self, acme: Company, alice: User, as_alice: Client) -> None:
        index = as_alice.get("/admin/").text
        assert 'class="bell-count"' not in index
        assert '<a href="/admin/notices/" class="bell"' in index
        tell(acme.organization, alice)
        tell(acme.organization, alice)
        page = as_alice.get("/admin/warehouses/warehouse/").text
        assert '<span class="bell-count" aria-hidden="true">2</span>' in page
        assert "Notices, 2 not read" in page

    def test_not_those_of_others(
        self, acme: Company, alice: User, bob: User, as_alice: Client, as_bob: Client
    ) -> None:
        tell(acme.organization, bob)
        assert 'class="bell-count"' not in as_alice.get("/admin/").text
        assert 'class="bell-count"' in as_bob.get("/admin/").text

    def test_each_organization_has_its_own(self, acme: Company, other: Company) -> None:
        dana = make_person(
            "dana@example.com", {acme.organization: ["Viewer"], other.organization: ["Viewer"]}
        )
        tell(other.organization, dana)
        client = signed_in(dana)
        client.post("/organization/", {"organization": acme.organization.public_id})
        page = client.get("/admin/").text
        assert 'class="bell-count"' not in page
        assert '<span class="sr-only">notices not read: </span>1</span>' in page  # in the switcher
        client.post("/organization/", {"organization": other.organization.public_id})
        assert '<span class="bell-count" aria-hidden="true">1</span>' in client.get("/admin/").text

    def test_beyond_those_of_the_switcher_too(self, acme: Company) -> None:
        roles: Any = {make_organization(f"A{number:02}"): ["Viewer"] for number in range(12)}
        last = make_organization("Zeta")
        zoe = make_person("zoe@example.com", roles | {last: ["Viewer"]})
        tell(last, zoe)
        client = signed_in(zoe)
        client.post("/organization/", {"organization": last.public_id})
        assert '<span class="bell-count" aria-hidden="true">1</span>' in client.get("/admin/").text

    def test_a_great_many(self, acme: Company, alice: User, as_alice: Client) -> None:
        for _ in range(100):
            tell(acme.organization, alice)
        assert '<span class="bell-count" aria-hidden="true">99+</span>' in as_alice.get("/admin/").text

    def test_it_costs_no_query(self, acme: Company, alice: User, as_alice: Client) -> None:
        found = []
        for count in (0, 1, 3):
            for _ in range(count):
                tell(acme.organization, alice)
            with CaptureQueriesContext(connection) as queries:
                as_alice.get("/admin/warehouses/warehouse/")
            found.append(len(queries))
        assert found == [14, 14, 14]  # as tests.warehouses.admin.test_queries has it

    def test_neither_in_a_popup_nor_without_an_organization(
        self, acme: Company, as_alice: Client, as_root: Client
    ) -> None:
        assert 'class="bell"' not in as_alice.get("/admin/warehouses/warehouse/?_popup=1").text
        assert 'class="bell"' not in as_root.get("/admin/").text


class TestPage:
    def test_newest_first(self, acme: Company, alice: User, bob: User, as_alice: Client) -> None:
        tell(acme.organization, alice, "old")
        tell(acme.organization, alice, "new", at=SOON + timedelta(minutes=1))
        tell(acme.organization, bob, "his")
        assert titles(as_alice) == ["new", "old"]
        page = as_alice.get(PAGE).text
        assert page.count('<span class="sr-only">Not read: </span>') == 2
        assert "North → South" in page

    def test_what_people_write_is_text(self, acme: Company, alice: User, as_alice: Client) -> None:
        tell(acme.organization, alice, "<b>bold</b>", text="<script>alert(1)</script>\nnext")
        page = as_alice.get(PAGE).text
        assert "&lt;b&gt;bold&lt;/b&gt;" in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>next" in page

    def test_nothing_yet(self, acme: Company, as_alice: Client, as_root: Client) -> None:
        for client in (as_alice, as_root):
            page = client.get(PAGE)
            assert page.status_code == 200
            assert "Nothing yet" in page.text
            assert "Mark all read" not in page.text

    def test_pages(self, acme: Company, alice: User, as_alice: Client) -> None:
        for number in range(26):
            tell(acme.organization, alice, f"n{number:02}", at=SOON + timedelta(minutes=number))
        assert titles(as_alice) == [f"n{number:02}" for number in range(25, 0, -1)]
        assert titles(as_alice, f"{PAGE}?page=2") == ["n00"]
        for strange in ("0", "-1", "99", "x", "1e9", "%00"):
            assert as_alice.get(f"{PAGE}?page={strange}").status_code == 200
        first, last = as_alice.get(PAGE).text, as_alice.get(f"{PAGE}?page=2").text
        assert ('rel="next"' in first, 'rel="prev"' in first) == (True, False)
        assert ('rel="next"' in last, 'rel="prev"' in last) == (False, True)

    def test_the_same_queries_for_one_and_for_three(
        self, acme: Company, alice: User, as_alice: Client
    ) -> None:
        found = []
        for count in (1, 2):
            for _ in range(count):
                tell(acme.organization, alice)
            with CaptureQueriesContext(connection) as queries:
                as_alice.get(PAGE)
            found.append(len(queries))
        assert found == [12, 12]

    @pytest.mark.parametrize("page", [PAGE, f"{PAGE}read/", f"{PAGE}ntc_01kn4zr1b3e5r8v9n0m1k2j3h4/"])
    def test_only_for_those_who_are_logged_in(self, client: Client, db: None, page: str) -> None:
        answer = client.get(page)
        assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/admin/login/")  # type: ignore[attr-defined]


class TestOpening:
    def test_it_leads_to_its_page_and_is_read(self, acme: Company, alice: User, as_alice: Client) -> None:
        notice, another = tell(acme.organization, alice), tell(acme.organization, alice)
        answer = as_alice.get(address(notice))
        assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/warehouses/warehouse/")
        notice.refresh_from_db()
        another.refresh_from_db()
        first = notice.read_at
        assert (first is not None, another.read_at) == (True, None)
        as_alice.get(address(notice))
        notice.refresh_from_db()
        assert notice.read_at == first
        assert as_alice.get(PAGE).text.count("Not read: ") == 1

    def test_somebody_elses_is_as_one_that_does_not_exist(
        self, acme: Company, alice: User, as_alice: Client, as_bob: Client, as_charlie: Client
    ) -> None:
        notice = tell(acme.organization, alice)
        unknown = f"{PAGE}ntc_01kn4zr1b3e5r8v9n0m1k2j3h4/"
        for client in (as_bob, as_charlie):
            for page in (address(notice), unknown, f"{PAGE}nonsense/", f"{PAGE}%00/"):
                answer = client.get(page)
                assert answer.status_code == 404
                assert "That notice is not yours, or it is gone." in answer.text
                assert "SR-00001" not in answer.text
        notice.refresh_from_db()
        assert notice.read_at is None

    def test_of_another_organization_one_chooses_it_first(self, acme: Company, other: Company) -> None:
        dana = make_person(
            "dana@example.com", {acme.organization: ["Viewer"], other.organization: ["Viewer"]}
        )
        notice = tell(other.organization, dana)
        client = signed_in(dana)
        client.post("/organization/", {"organization": acme.organization.public_id})
        answer = client.get(address(notice))
        assert answer.headers["Location"] == f"/organization/?next={address(notice).replace('/', '%2F')}"
        choice = client.get(answer.headers["Location"])
        assert "Choose Other to see what this notice is about." in choice.text
        notice.refresh_from_db()
        assert notice.read_at is None

        answer = client.post(
            "/organization/",
            {"organization": other.organization.public_id, "next": choice.context["next"]},
        )
        answer = client.get(answer.headers["Location"])
        assert answer.headers["Location"] == "/admin/warehouses/warehouse/"


class TestReadAll:
    def test_all_of_ones_own(self, acme: Company, alice: User, bob: User, as_alice: Client) -> None:
        for _ in range(2):
            tell(acme.organization, alice)
        his = tell(acme.organization, bob)
        answer = as_alice.post(f"{PAGE}read/")
        assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
        page = as_alice.get(PAGE).text
        assert "2 notices marked as read." in page
        assert ("Not read: " in page, 'class="bell-count"' in page) == (False, False)
        his.refresh_from_db()
        assert his.read_at is None

    def test_it_takes_a_post_with_a_token(self, acme: Company, alice: User, as_alice: Client) -> None:
        notice = tell(acme.organization, alice)
        assert as_alice.get(f"{PAGE}read/").status_code == 405
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice)
        assert strict.post(f"{PAGE}read/").status_code == 403
        notice.refresh_from_db()
        assert notice.read_at is None
