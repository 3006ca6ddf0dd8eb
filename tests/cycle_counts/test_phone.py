"""The counter's screen: who gets in, what it shows, where a label leads, and that the books are nowhere in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cycle_counts.counting import Counted, cancel_batch, count_lines
from cycle_counts.models import BatchState, CountBatch, CountBin, CountLine, Origin
from cycle_counts.phone.rounds import round_data, rounds_of
from cycle_counts.planning import Scope, count_bin
from cycle_counts.preferences import change_settings
from inventory.models import Sku, StockItem
from tests import factories
from tests.cycle_counts.conftest import Ground
from warehouses.models import Bin
from warehouses.transactions import run

PASSWORD = "correct horse battery"


@pytest.fixture
def enter(ground: Ground) -> Callable[[str], Client]:
    """A browser in which that person is logged in."""

    def browser(name: str = "counter") -> Client:
        client = Client()
        client.force_login(ground.people[name])
        return client

    return browser


def page_of(response: Any) -> str:
    return str(response.content.decode())


# --- the way in


def test_whoever_is_not_logged_in_is_led_to_the_counters_own_login(client: Client, ground: Ground) -> None:
    batch = ground.started()
    response = client.get(f"/count/{batch.public_id}/?bin=x")
    assert response.status_code == 302
    assert response["Location"] == f"/count/login/?next=%2Fcount%2F{batch.public_id}%2F%3Fbin%3Dx"
    page = page_of(client.get(response["Location"]))
    assert 'data-page="login"' in page
    assert "data-person" not in page


def test_people_who_are_no_staff_log_in_and_go_on_where_they_wanted(client: Client, ground: Ground) -> None:
    person = ground.people["counter"]
    person.is_staff = False
    person.save(update_fields=["is_staff"])
    batch = ground.started()
    form = {"username": person.email, "password": PASSWORD, "next": f"/count/{batch.public_id}/"}
    response = client.post("/count/login/", form)
    assert response["Location"] == f"/count/{batch.public_id}/"
    assert client.get("/count/").status_code == 200


@pytest.mark.parametrize(
    ("given", "status"), [({"password": "wrong"}, 200), ({"next": "https://evil.example/"}, 302)]
)
def test_the_login_keeps_djangos_guards(
    client: Client, ground: Ground, given: dict[str, str], status: int
) -> None:
    form = {"username": ground.people["counter"].email, "password": PASSWORD} | given
    response = client.post("/count/login/", form)
    assert response.status_code == status
    if status == 200:
        assert "Error: Log in" in page_of(response)
        assert "_auth_user_id" not in client.session
    else:
        assert response["Location"] == "/count/"


def test_the_login_asks_for_a_csrf_token(ground: Ground) -> None:
    strict = Client(enforce_csrf_checks=True)
    form = {"username": ground.people["counter"].email, "password": PASSWORD}
    assert strict.post("/count/login/", form).status_code == 403


def test_logging_out_takes_a_post(enter: Callable[[str], Client]) -> None:
    client = enter("counter")
    assert client.get("/count/logout/").status_code == 405
    response = client.post("/count/logout/")
    assert response["Location"] == "/count/login/"
    assert client.get("/count/").status_code == 302


def test_whoever_may_not_count_is_told_so(enter: Callable[[str], Client]) -> None:
    response = enter("viewer").get("/count/")
    assert response.status_code == 403
    assert "You may not count in Acme" in page_of(response)


def test_whoever_belongs_to_two_organizations_chooses_first(
    ground: Ground, enter: Callable[[str], Client]
) -> None:
    other = factories.make_organization("Zenith")
    factories.make_person("both@acme.example", {ground.organization: ["Counter"], other: ["Counter"]})
    client = Client()
    client.login(username="both@acme.example", password=PASSWORD)
    assert client.get("/count/")["Location"] == "/organization/?next=%2Fcount%2F"


# --- one's rounds


def test_the_home_page_sums_up_what_is_to_do_and_offers_the_first(
    ground: Ground, enter: Callable[[str], Client]
) -> None:
    today = ground.organization.today()
    ground.plan(scope=Scope(bins=(ground.bin("A-1"),)), name="Front", due_on=today - timedelta(days=1))
    late = CountBatch.objects.get()
    begun = ground.started(scope=Scope(bins=(ground.bin("A-2"), ground.bin("A-3"))), name="Middle")
    page = page_of(enter("counter").get("/count/"))
    assert '<h2 id="mine" class="sum">3 bins, <span class="late">1 late</span></h2>' in page
    # What is begun goes on first; what is late is the next.
    assert f'class="button big" href="/count/{begun.public_id}/"' in page
    assert f"{late.label}: Front" in page
    assert "late since" in page


def test_rounds_are_mine_later_or_of_others(ground: Ground) -> None:
    today = ground.organization.today()
    shelf = [Scope(bins=(bin,)) for bin in ground.bins.values()]
    people = ground.people
    others = ground.plan(scope=shelf[0], assignees=[people["other_counter"]])
    later = ground.plan(scope=shelf[1], due_on=today + timedelta(days=3))
    mine = ground.plan(scope=shelf[2], assignees=[people["counter"], people["other_counter"]], due_on=today)
    found = rounds_of(access=ground.access_of("counter"), today=today)
    assert [(one.batch, one.is_mine, one.is_late, one.is_later) for one in found] == [
        (mine, True, False, False),
        (later, True, False, True),
        (others, False, False, False),
    ]


def test_a_bin_is_left_until_its_lines_are_counted_or_somebody_was_there(ground: Ground) -> None:
    empty = factories.make_bin(ground.warehouse, "A-9", pick_sequence=90)
    batch = ground.started(scope=Scope(bins=(ground.bin("A-1"), ground.bin("A-2"), empty)))

    def left() -> int:
        (one,) = rounds_of(access=ground.access_of("counter"), today=ground.organization.today())
        assert one.bins == 3
        return one.bins_left

    assert left() == 3
    ground.count(batch, {("GLOVES", "A-2"): 1, ("GLOVES", "A-1"): 1})
    assert left() == 2
    CountBin.objects.filter(batch=batch, bin=empty).update(visited_at=batch.created_at)
    assert left() == 1


def test_rounds_that_are_handed_in_or_of_other_places_are_not_shown(ground: Ground) -> None:
    handed_in = ground.submitted()
    other = factories.make_organization("Zenith")
    elsewhere = factories.make_warehouse(ground.organization, "South")
    factories.stock(ground.sku("GLOVES"), elsewhere, 5)
    run(
        lambda: count_bin(
            access=ground.access_of("owner"), bin=Bin.objects.get(warehouse=elsewhere, is_default=True)
        )
    )
    assert handed_in.state == BatchState.REVIEW
    assert other.warehouses.count() == 1
    assert rounds_of(access=ground.access_of("counter"), today=ground.organization.today()) == []


def test_a_recount_looks_like_any_other_task(ground: Ground, enter: Callable[[str], Client]) -> None:
    batch = ground.started(name="Recount of CC-00001")
    CountBatch.objects.filter(pk=batch.pk).update(origin=Origin.RECOUNT)
    client = enter("counter")
    for address in ("/count/", f"/count/{batch.public_id}/", f"/count/{batch.public_id}/data/"):
        response = client.get(address)
        assert response.status_code == 200
        assert "recount" not in page_of(response).lower(), address


@pytest.mark.parametrize("rounds", [1, 3])
def test_the_home_page_takes_a_constant_number_of_statements(
    ground: Ground,
    enter: Callable[[str], Client],
    django_assert_num_queries: DjangoAssertNumQueries,
    rounds: int,
) -> None:
    for bin in list(ground.bins.values())[:rounds]:
        ground.plan(scope=Scope(bins=(bin,)), assignees=[ground.people["counter"]])
    client = enter("counter")
    with django_assert_num_queries(HOME_STATEMENTS):
        assert client.get("/count/").status_code == 200


#: The session, the person, the organization, six of the access, the rounds with their lines and bins, the settings.
HOME_STATEMENTS = 13


@pytest.mark.parametrize("allowed", [True, False])
def test_an_empty_home_page_says_what_can_be_done(
    ground: Ground, enter: Callable[[str], Client], allowed: bool
) -> None:
    run(lambda: change_settings(access=ground.access_of("owner"), allows_spot_counts=allowed))
    page = page_of(enter("counter").get("/count/"))
    assert "Nothing assigned" in page
    assert ("Scan a bin for a spot count." in page) is allowed


# --- a scanned label


@pytest.mark.parametrize("code", ["BIN-A-2", "a-2", " B:A-2 "])
def test_a_label_leads_to_its_round_and_begins_it(
    ground: Ground, enter: Callable[[str], Client], code: str
) -> None:
    batch = ground.plan()
    response = enter("counter").post("/count/find/", {"code": code})
    assert response["Location"] == f"/count/{batch.public_id}/?bin={ground.bin('A-2').public_id}"
    batch.refresh_from_db()
    assert batch.state == BatchState.COUNTING


def test_a_label_leads_to_ones_own_round_before_anothers(
    ground: Ground, enter: Callable[[str], Client]
) -> None:
    shelf = ground.bin("A-2")
    theirs = ground.started(scope=Scope(bins=(shelf,)), assignees=[ground.people["other_counter"]])
    mine = run(lambda: count_bin(access=ground.access_of("counter"), bin=shelf))
    found = {
        name: enter(name).post("/count/find/", {"code": "A-2"})["Location"].split("?")[0]
        for name in ("counter", "other_counter")
    }
    assert found == {
        "counter": f"/count/{mine.public_id}/",
        "other_counter": f"/count/{theirs.public_id}/",
    }


def test_a_label_of_no_round_is_counted_after_its_second_scan(
    ground: Ground, enter: Callable[[str], Client]
) -> None:
    client, shelf = enter("counter"), ground.bin("A-3")
    asked = client.post("/count/find/", {"code": "BIN-A-3"})
    assert asked.status_code == 200
    assert f'name="again" value="{shelf.public_id}"' in page_of(asked)
    assert not CountBatch.objects.exists()
    # Another label in between is another question.
    between = client.post("/count/find/", {"code": "BIN-A-4", "again": shelf.public_id})
    assert between.status_code == 200
    assert not CountBatch.objects.exists()
    counted = client.post("/count/find/", {"code": "BIN-A-3", "again": shelf.public_id})
    batch = CountBatch.objects.get()
    assert counted["Location"] == f"/count/{batch.public_id}/?bin={shelf.public_id}"
    assert (batch.origin, batch.state, batch.is_blind) == (Origin.SPOT, BatchState.COUNTING, True)


def test_a_tap_counts_a_bin_that_is_in_no_round(ground: Ground, enter: Callable[[str], Client]) -> None:
    form = {"code": "BIN-A-3", "bin": ground.bin("A-3").public_id}
    assert enter("counter").post("/count/find/", form).status_code == 302
    assert CountBatch.objects.get().origin == Origin.SPOT


def test_without_spot_counts_a_label_of_no_round_leads_nowhere(
    ground: Ground, enter: Callable[[str], Client]
) -> None:
    run(lambda: change_settings(access=ground.access_of("owner"), allows_spot_counts=False))
    form = {"code": "BIN-A-3", "bin": ground.bin("A-3").public_id}
    response = enter("counter").post("/count/find/", form)
    assert response.status_code == 409
    assert "A-3 is in no round of yours." in page_of(response)
    assert not CountBatch.objects.exists()


def test_one_code_in_two_warehouses_is_asked_about(ground: Ground, enter: Callable[[str], Client]) -> None:
    south = factories.make_warehouse(ground.organization, "South")
    other = factories.make_bin(south, "A-1", barcode="SOUTH-A-1")
    client = enter("owner")
    page = page_of(client.post("/count/find/", {"code": "A-1"}))
    assert "Which A-1?" in page
    assert not CountBatch.objects.exists()
    assert client.post("/count/find/", {"code": "A-1", "bin": other.public_id}).status_code == 302
    assert CountBatch.objects.get().warehouse == south
    # Whoever counts in one of them only is not asked, and is not told of the other.
    assert "Which A-1?" not in page_of(enter("counter").post("/count/find/", {"code": "A-1"}))


@pytest.mark.parametrize("code", ["", "NOWHERE", "ZEN-1", "SOUTH-1", "CLOSED", "\x00", "x" * 5000])
def test_a_label_of_no_bin_of_ones_own_is_not_found(
    ground: Ground, enter: Callable[[str], Client], code: str
) -> None:
    zenith = factories.make_warehouse(factories.make_organization("Zenith"), "Z")
    factories.make_bin(zenith, "ZEN-1", barcode="ZEN-1")
    factories.make_bin(factories.make_warehouse(ground.organization, "South"), "SOUTH-1")
    factories.make_bin(ground.warehouse, "CLOSED", is_active=False)
    response = enter("counter").post("/count/find/", {"code": code})
    assert response.status_code == 404
    assert not CountBatch.objects.exists()


def test_finding_takes_a_post(enter: Callable[[str], Client]) -> None:
    assert enter("counter").get("/count/find/?code=A-1").status_code == 405


# --- starting


def test_a_round_is_started_once_however_often_it_is_tapped(
    ground: Ground, enter: Callable[[str], Client]
) -> None:
    batch = ground.plan()
    client = enter("counter")
    for _ in range(2):
        response = client.post(f"/count/{batch.public_id}/start/")
        assert response["Location"] == f"/count/{batch.public_id}/"
    batch.refresh_from_db()
    assert (batch.state, batch.version) == (BatchState.COUNTING, 2)


def test_a_round_that_was_called_off_is_not_started(ground: Ground, enter: Callable[[str], Client]) -> None:
    batch = ground.plan()
    run(lambda: cancel_batch(access=ground.access_of("manager"), batch=batch))
    response = enter("counter").post(f"/count/{batch.public_id}/start/")
    assert response.status_code == 409
    assert "is cancelled" in page_of(response)


# --- a round


def test_a_round_is_all_that_is_needed_without_a_network(ground: Ground) -> None:
    batch = ground.started(scope=Scope(bins=(ground.bin("A-3"), ground.bin("A-1"))), name="Two bins")
    lines = {line.position: line for line in CountLine.objects.filter(batch=batch)}
    shelf, front = ground.bin("A-3"), ground.bin("A-1")
    assert round_data(access=ground.access_of("counter"), batch=batch) == {
        "batch": {
            "id": batch.public_id,
            "label": "CC-00001",
            "name": "Two bins",
            "place": "North",
            "state": "counting",
            "version": 2,
        },
        "bins": [
            {"id": front.public_id, "code": "A-1", "barcode": "BIN-A-1", "room": "Front"},
            {"id": shelf.public_id, "code": "A-3", "barcode": "BIN-A-3", "room": "Back"},
        ],
        "skus": {
            code: {
                "title": f"Title of {code}",
                "unit": "each",
                "lots": code == "SALINE",
                "barcodes": [f"BAR-{code}"],
            }
            for code in ("GLOVES", "MASKS", "SALINE")
        },
        "lines": [
            {"id": lines[1].public_id, "bin": front.public_id, "sku": "GLOVES"},
            {"id": lines[2].public_id, "bin": front.public_id, "sku": "MASKS"},
            *(
                {
                    "id": lines[place].public_id,
                    "bin": shelf.public_id,
                    "sku": "SALINE",
                    "lot": ground.lot(lot).public_id,
                    "lotCode": lot,
                    "expires": day,
                }
                for place, lot, day in ((3, "L-1", "2098-01-31"), (4, "L-2", "2099-01-31"))
            ),
        ],
        "remarks": [
            ["damaged", "Damaged"],
            ["wrong_place", "Belongs elsewhere"],
            ["wrong_lot", "Wrong or unreadable lot"],
            ["expired", "Past its date"],
            ["no_label", "No label"],
            ["other", "Something else"],
        ],
        "addresses": {
            "data": f"/count/{batch.public_id}/data/",
            "lookUp": f"/count/{batch.public_id}/look-up/",
        },
    }


def test_one_sees_what_one_counted_and_of_others_only_that_they_did(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("GLOVES", "A-1"): 4321})
    ground.count(batch, {("MASKS", "A-1"): 0}, by="other_counter")

    def shown(name: str) -> dict[str, Any]:
        rows = round_data(access=ground.access_of(name), batch=batch)["lines"]
        told = ("mine", "by", "remark", "note")
        return {row["sku"]: {key: row[key] for key in told if key in row} for row in rows[:2]}

    assert shown("counter") == {"GLOVES": {"mine": 4321}, "MASKS": {"by": "other.counter@acme.example"}}
    assert shown("other_counter") == {"GLOVES": {"by": "counter@acme.example"}, "MASKS": {"mine": 0}}


def test_what_was_found_is_shown_where_it_was_found(ground: Ground) -> None:
    batch = ground.started(scope=Scope(bins=(ground.bin("A-1"),)))
    access = ground.access_of("counter")
    found = Counted(quantity=3, bin=ground.bin("A-4"), code="4006381333931", remark="no_label", note="torn")
    run(lambda: count_lines(access=access, batch=batch, counts=[found]))
    data = round_data(access=access, batch=batch)
    assert data["bins"][-1]["code"] == "A-4"
    assert {key: value for key, value in data["lines"][-1].items() if key != "id"} == {
        "bin": ground.bin("A-4").public_id,
        "code": "4006381333931",
        "found": True,
        "mine": 3,
        "remark": "no_label",
        "note": "torn",
    }
    taken_back = Counted(quantity=None, bin=ground.bin("A-4"), code="4006381333931")
    run(lambda: count_lines(access=access, batch=batch, counts=[taken_back]))
    assert all("code" not in line for line in round_data(access=access, batch=batch)["lines"])


def test_what_one_counted_the_first_time_is_for_others_to_count_again(ground: Ground) -> None:
    first = ground.submitted()
    again = run(lambda: count_bin(access=ground.access_of("other_counter"), bin=ground.bin("A-2")))
    CountLine.objects.filter(batch=again).update(recount_of=ground.line(first, "GLOVES", "A-2"))

    def barred(name: str) -> bool:
        (line,) = round_data(access=ground.access_of(name), batch=again)["lines"]
        return bool(line.get("barred"))

    assert (barred("counter"), barred("other_counter")) == (True, False)


@pytest.mark.parametrize("is_blind", [True, False])
def test_what_the_books_say_is_in_no_page_of_the_counter(
    ground: Ground, enter: Callable[[str], Client], is_blind: bool
) -> None:
    ground.stock_by("GLOVES", "A-1", 7919 - 10)
    ground.stock_by("MASKS", "A-4", 7907 - 40)
    Sku.objects.filter(code="GLOVES").update(unit_cost="6997.00")
    batch = ground.started(is_blind=is_blind)
    ground.count(batch, {("GLOVES", "A-1"): 1})
    # The planted numbers are those of the books.
    assert set(StockItem.objects.filter(on_hand__gt=100).values_list("on_hand", flat=True)) == {7919, 7907}
    for name in ("counter", "owner"):
        client = enter(name)
        for address in (
            "/count/",
            "/count/me/",
            f"/count/{batch.public_id}/",
            f"/count/{batch.public_id}/data/",
            f"/count/{batch.public_id}/look-up/?code=GLOVES",
            f"/count/{batch.public_id}/look-up/?code=BIN-A-1",
        ):
            response = client.get(address)
            assert response.status_code == 200
            # Ids are letters and digits by chance.
            text = re.sub(r"[a-z]+_[0-9a-z]{26}|csrfmiddlewaretoken[^>]*>", "", page_of(response))
            for number in ("7919", "7907", "7918", "6997", "expected", "variance"):
                assert number not in text, (name, address, number)


@pytest.mark.parametrize("lines", [1, 3])
def test_a_round_takes_a_constant_number_of_statements(ground: Ground, lines: int) -> None:
    skus = [factories.make_sku(ground.organization, f"PART-{number}") for number in range(lines)]
    for sku in skus:
        factories.stock(sku, ground.warehouse, 5, bin=ground.bin("A-4"))
    batch = ground.started(scope=Scope(skus=tuple(skus)))
    access = ground.access_of("counter")
    with CaptureQueriesContext(connection) as seen:
        data = round_data(access=access, batch=batch)
    assert len(data["lines"]) == lines
    assert len(seen) == ROUND_STATEMENTS


#: Lines, bins, SKUs, barcodes; one more where something was found in another bin.
ROUND_STATEMENTS = 4


@pytest.mark.parametrize("state", ["draft", "review", "cancelled"])
def test_a_round_that_is_not_counted_says_so(
    ground: Ground, enter: Callable[[str], Client], state: str
) -> None:
    batch = ground.submitted() if state == "review" else ground.plan()
    if state == "cancelled":
        run(lambda: cancel_batch(access=ground.access_of("manager"), batch=batch))
    page = page_of(enter("counter").get(f"/count/{batch.public_id}/"))
    words = {
        "draft": "This round has not begun.",
        "review": "This round is handed in",
        "cancelled": "This round was called off",
    }
    assert words[state] in page
    assert 'id="round"' not in page


def test_a_round_of_another_organization_or_place_is_not_there(
    ground: Ground, enter: Callable[[str], Client]
) -> None:
    zenith = factories.make_organization("Zenith")
    warehouse = factories.make_warehouse(zenith, "Z")
    factories.make_person("zoe@zenith.example", {zenith: [("Counter", warehouse)]})
    batch = ground.started()
    client = Client()
    client.login(username="zoe@zenith.example", password=PASSWORD)
    for address in ("", "data/", "look-up/?code=A-1"):
        response = client.get(f"/count/{batch.public_id}/{address}")
        assert response.status_code == 404, address
        assert batch.label not in page_of(response)
    assert client.post(f"/count/{batch.public_id}/start/").status_code == 404


# --- what the script asks for


def test_a_code_that_the_round_does_not_know_is_looked_up(
    ground: Ground, enter: Callable[[str], Client]
) -> None:
    batch = ground.started(scope=Scope(bins=(ground.bin("A-1"),)))
    client = enter("counter")

    def told(code: str) -> Any:
        return client.get(f"/count/{batch.public_id}/look-up/", {"code": code}).json()

    shelf = ground.bin("A-4")
    place = {
        "kind": "bin",
        "bin": {
            "id": shelf.public_id,
            "code": "A-4",
            "barcode": "BIN-A-4",
            "room": "Back",
            "besides": True,
        },
    }
    assert [told(code) for code in ("BIN-A-4", "a-4", "B:A-4")] == [place] * 3
    tape = {
        "kind": "sku",
        "sku": "TAPE",
        "skus": {"TAPE": {"title": "Title of TAPE", "unit": "each", "lots": False, "barcodes": ["BAR-TAPE"]}},
    }
    assert [told(code) for code in ("BAR-TAPE", "tape", "s:TAPE")] == [tape] * 3
    factories.make_bin(factories.make_warehouse(ground.organization, "South"), "SOUTH-1")
    factories.make_sku(factories.make_organization("Zenith"), "ZEN", barcodes=["ZEN-CODE"])
    for code in ("SOUTH-1", "ZEN", "ZEN-CODE", "9999", "", "\x00", "x" * 500):
        assert told(code) == {"kind": "unknown"}, code


def test_the_script_is_told_whose_session_it_is(ground: Ground, enter: Callable[[str], Client]) -> None:
    assert enter("counter").get("/count/me/").json() == {
        "person": ground.people["counter"].public_id,
        "organization": ground.organization.public_id,
    }


@pytest.mark.parametrize(
    ("name", "status", "code"), [(None, 401, "UNAUTHENTICATED"), ("viewer", 403, "PERMISSION_DENIED")]
)
def test_the_script_is_refused_as_a_problem(
    ground: Ground, client: Client, enter: Callable[[str], Client], name: str | None, status: int, code: str
) -> None:
    batch = ground.started()
    browser = enter(name) if name else client
    for address in ("me/", f"{batch.public_id}/data/", f"{batch.public_id}/look-up/"):
        response = browser.get(f"/count/{address}")
        assert response.status_code == status
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == code


# --- what the pages are made of


def test_the_pages_keep_the_strict_policy(ground: Ground, enter: Callable[[str], Client]) -> None:
    batch = ground.started()
    client = enter("counter")
    for address in ("/count/", f"/count/{batch.public_id}/", "/count/login/"):
        response = client.get(address, follow=True)
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        page = page_of(response)
        scripts = re.findall(r"<script[^>]*>", page)
        assert all("src=" in tag or 'type="application/json"' in tag for tag in scripts)
        assert not re.search(r"<[^>]+ (?:style|on\w+)=", page)


def test_the_worker_may_fetch_and_looks_after_the_screen_only(client: Client, db: None) -> None:
    response = client.get("/count/worker.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    policy = set(response["Content-Security-Policy"].split("; "))
    assert {"default-src 'none'", "connect-src 'self'"} <= policy
    assert response["Cache-Control"] == "no-cache"
    script = page_of(response)
    assert 'const SCOPE = "/count/"' in script
    for kept_out in ("/count/login/", "/count/logout/"):
        assert f'"{kept_out}"' in script
    for name in ("count.css", "count.js"):
        assert f'"/static/cycle_counts/{name}"' in script
    assert client.post("/count/worker.js").status_code == 405


def test_a_round_of_two_hundred_lines_weighs_less_than_a_photograph(
    ground: Ground, enter: Callable[[str], Client]
) -> None:
    """Uncompressed, with its script, its style sheet and the worker, without the data of its lines."""
    batch = ground.started()
    lines = [
        CountLine(
            batch=batch, position=100 + number, bin=ground.bin("A-4"), code=f"CODE-{number}", is_found=True
        )
        for number in range(200)
    ]
    CountLine.objects.bulk_create(lines)
    client = enter("counter")
    page = page_of(client.get(f"/count/{batch.public_id}/"))
    assert "CODE-199" in page
    shell = re.sub(r'(<script id="round"[^>]*>).*?(</script>)', r"\1\2", page, flags=re.DOTALL)
    files = [Path(str(finders.find(f"cycle_counts/{name}"))) for name in ("count.js", "count.css")]
    weight = len(shell) + len(page_of(client.get("/count/worker.js")))
    weight += sum(file.stat().st_size for file in files)
    assert weight < 100_000


def test_the_cards_are_those_that_the_script_takes(enter: Callable[[str], Client]) -> None:
    page = page_of(enter("counter").get("/count/cards/"))
    script = Path(str(finders.find("cycle_counts/count.js"))).read_text()
    (known,) = re.findall(r"\(\?:X:\)\?\(([A-Z|]+)\)\$", script)
    cards = re.findall(r"<p>X:([A-Z]+)</p>", page)
    assert cards == known.split("|")
    assert page.count('<svg class="code128"') == len(cards)


def test_every_page_of_the_screen_has_a_name() -> None:
    names = {"home", "cards", "find", "login", "logout", "me", "worker"}
    addresses = {name: reverse(f"count:{name}") for name in names}
    assert addresses["home"] == "/count/"
    assert reverse("count:round", args=["cc_1"]) == "/count/cc_1/"
    assert settings.CSRF_COOKIE_HTTPONLY is False  # the script reads it: a page may be older than the login
