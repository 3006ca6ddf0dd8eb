"""Planning a count on its page: what it suggests, what it would be, what becomes of the form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cycle_counts.admin.plan_page import duration_words
from cycle_counts.models import BatchState, CountBatch, CountCycle, CountSettings, Origin
from tests import factories
from tests.cycle_counts.admin.conftest import LIST, Pages
from tests.cycle_counts.conftest import Ground
from warehouses.identifiers import new_id

pytestmark = pytest.mark.django_db

PAGE = f"{LIST}add/"


def sent(ground: Ground, **more: Any) -> dict[str, Any]:
    return {"location": ground.warehouse.pk, "is_blind": "on", "key": new_id()} | more


def only() -> CountBatch:
    return CountBatch.objects.get()


def test_what_is_due_is_suggested(ground: Ground, pages: Pages) -> None:
    CountSettings.objects.create(organization=ground.organization, proposed_lines=25, tolerance_units=2)
    client = pages("manager")
    initial = client.get(PAGE).context["form"].initial
    assert "due_only" not in initial
    assert (initial["location"], initial["due_on"]) == (ground.warehouse.pk, ground.organization.today())
    CountCycle.objects.create(
        organization=ground.organization,
        warehouse=ground.warehouse,
        sku=ground.sku("GLOVES"),
        next_due_on=ground.organization.today() - timedelta(days=1),
    )
    initial = client.get(f"{PAGE}?class=A").context["form"].initial
    assert (initial["due_only"], initial["limit"], initial["tolerance_units"]) == (True, 25, 2)
    assert initial["classes"] == ["A"]


def test_a_proposal_is_pointed_out(ground: Ground, pages: Pages) -> None:
    batch = ground.plan()
    CountBatch.objects.filter(pk=batch.pk).update(origin=Origin.PROPOSED)
    assert f"{LIST}{batch.pk}/change/" in pages("manager").get(PAGE).content.decode()


def test_planned_with_what_the_form_says(ground: Ground, pages: Pages) -> None:
    response = pages("manager").post(
        PAGE,
        sent(
            ground,
            bins="a-1, BIN-A-3",
            name="Front and back",
            due_on="2026-12-01",
            tolerance_units="2",
            tolerance_percent="5",
            assignees=[ground.people["counter"].pk],
            note="Mind the ladder",
            save="1",
        ),
    )
    batch = only()
    assert response["Location"] == f"{LIST}{batch.pk}/change/"
    assert [line.bin.code for line in batch.lines.select_related("bin")] == ["A-1", "A-1", "A-3", "A-3"]
    assert (batch.state, batch.name, batch.is_blind, str(batch.due_on)) == (
        BatchState.DRAFT, "Front and back", True, "2026-12-01",
    )  # fmt: skip
    assert (batch.tolerance_units, str(batch.tolerance_percent), batch.tolerance_value) == (2, "5.00", None)
    assert [person.email for person in batch.assignees.all()] == ["counter@acme.example"]
    assert (batch.note, batch.origin, batch.actor_name) == (
        "Mind the ladder",
        "planned",
        "manager@acme.example",
    )


def test_a_star_is_every_bin_that_begins_so_and_start_begins_at_once(ground: Ground, pages: Pages) -> None:
    factories.make_bin(ground.warehouse, "B-1", room=ground.rooms["Back"])
    data = sent(ground, bins="A*", start="1")
    del data["is_blind"]
    pages("manager").post(PAGE, data)
    batch = only()
    assert (batch.state, batch.is_blind, batch.lines.count()) == (BatchState.COUNTING, False, 6)


def test_rooms_skus_and_classes_narrow(ground: Ground, pages: Pages) -> None:
    client = pages("manager")
    client.post(PAGE, sent(ground, rooms=[ground.rooms["Front"].pk], skus="BAR-GLOVES\nmasks", save="1"))
    assert {(line.sku.code, line.bin.code) for line in only().lines.select_related("sku", "bin")} == {
        ("GLOVES", "A-1"), ("MASKS", "A-1"), ("GLOVES", "A-2"),
    }  # fmt: skip


def test_two_presses_plan_one_count(ground: Ground, pages: Pages) -> None:
    client, data = pages("manager"), sent(ground, sample="2", save="1")
    first = client.post(PAGE, data)
    assert client.post(PAGE, data)["Location"] == first["Location"]
    assert CountBatch.objects.count() == 1


def test_somebody_elses_key_is_as_good_as_none(ground: Ground, pages: Pages) -> None:
    rival = factories.make_organization("Rival two")
    key = new_id()
    CountBatch.objects.create(
        id=key, organization=rival, warehouse=factories.make_warehouse(rival, "West"), number=1,
        actor_type="system", actor_name="x",
    )  # fmt: skip
    pages("manager").post(PAGE, sent(ground, bins="A-1", save="1", key=key))
    assert CountBatch.objects.filter(organization=ground.organization).count() == 1


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"bins": "A-1, Z-9"}, "bins", "Nothing here is called Z-9."),
        ({"bins": "Z*"}, "bins", "Nothing here is called Z*."),
        ({"skus": "GLOVES; nope"}, "skus", "Nothing here is called nope."),
        ({"sample": "many"}, "sample", "Enter a whole number."),
        ({"limit": "0"}, "limit", "Ensure this value is greater than or equal to 1."),
        ({"location": ""}, "location", "Choose where is counted."),
        ({"skus": "TAPE", "classes": ["A"]}, None, ""),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(
    ground: Ground, pages: Pages, more: dict[str, Any], field: str | None, words: str
) -> None:
    page = pages("manager").post(PAGE, sent(ground, name="Kept", save="1", **more))
    assert page.status_code == 422
    form = page.context["form"]
    assert form["name"].value() == "Kept"
    if field is None:
        assert form.non_field_errors()
    else:
        assert form.errors[field] == [words]
    assert not CountBatch.objects.exists()


def test_a_room_of_another_location_is_refused(ground: Ground, pages: Pages) -> None:
    south = factories.make_warehouse(ground.organization, "South")
    client = pages("owner")
    page = client.post(PAGE, sent(ground, location=south.pk, rooms=[ground.rooms["Front"].pk], save="1"))
    assert page.context["form"].errors["rooms"] == ["South has no room Front."]


def test_whom_it_cannot_be_assigned_to(ground: Ground, pages: Pages) -> None:
    page = pages("manager").post(
        PAGE, sent(ground, bins="A-1", assignees=[ground.people["viewer"].pk], save="1")
    )
    assert page.status_code == 422
    assert page.context["form"].errors["assignees"] == ["viewer@acme.example may not count in North."]


class TestPreview:
    def test_how_much_it_would_be(self, ground: Ground, pages: Pages) -> None:
        answer = pages("manager").post(f"{LIST}preview/", sent(ground)).json()
        assert answer == {"words": "6 lines in 4 bins, about 4 min", "reasons": []}
        assert not CountBatch.objects.exists()

    def test_without_the_script_the_page_tells_it(self, ground: Ground, pages: Pages) -> None:
        page = pages("manager").post(PAGE, sent(ground, bins="A-1", preview="1"))
        assert page.status_code == 200
        assert "2 lines in 1 bin, about 1 min" in page.content.decode()
        assert not CountBatch.objects.exists()

    def test_why_there_is_nothing(self, ground: Ground, pages: Pages) -> None:
        taken = ground.plan()
        answer = pages("manager").post(f"{LIST}preview/", sent(ground)).json()
        assert answer["words"] == "Nothing to count"
        assert any(taken.label in reason for reason in answer["reasons"])

    def test_what_is_wrong_so_far(self, ground: Ground, pages: Pages) -> None:
        answer = pages("manager").post(f"{LIST}preview/", sent(ground, bins="Z-9"))
        assert (answer.status_code, answer.json()) == (422, {"problems": ["Nothing here is called Z-9."]})

    def test_it_is_only_posted_and_only_by_those_who_count(self, ground: Ground, pages: Pages) -> None:
        assert pages("manager").get(f"{LIST}preview/").status_code == 405
        assert pages("viewer").post(f"{LIST}preview/", sent(ground)).status_code == 403


def test_those_who_see_no_stock_plan_blind_and_ask_for_no_availability(ground: Ground, pages: Pages) -> None:
    client = pages("counter")
    form = client.get(PAGE).context["form"]
    assert not {"is_blind", "availability", "tolerance_units"}.intersection(form.fields)
    data = sent(ground, bins="A-1", availability="zero", tolerance_units="9999", save="1")
    del data["is_blind"]
    assert client.post(PAGE, data).status_code == 302
    assert (only().is_blind, only().tolerance_units, "availability" in only().scope) == (True, None, False)


def test_who_may_not_count_plans_nothing(ground: Ground, pages: Pages) -> None:
    assert pages("viewer").get(PAGE).status_code == 403
    assert pages("viewer").post(PAGE, sent(ground, save="1")).status_code == 403
    assert pages("outsider").post(PAGE, sent(ground, save="1")).context["form"].errors["location"]
    assert not CountBatch.objects.exists()


def test_planning_costs_the_same_for_two_lines_and_three(ground: Ground, pages: Pages) -> None:
    client = pages("manager")
    # The first number of an organization takes two statements more.
    client.post(PAGE, sent(ground, bins="A-2", save="1"))
    counts = []
    for bins in ("A-1", "A-3, A-4"):
        with CaptureQueriesContext(connection) as found:
            assert client.post(PAGE, sent(ground, bins=bins, save="1")).status_code == 302
        counts.append(len(found))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 min"),
        (90, "2 min"),
        (1200, "20 min"),
        (3200, "55 min"),
        (5400, "1½ h"),
        (10_800, "3 h"),
        (39_600, "11 h"),
    ],
)
def test_durations_as_people_plan_their_day(seconds: int, words: str) -> None:
    assert duration_words(seconds) == words
