"""The list of cycle counts: what is in it for whom, what finds what, and that it costs the same for one and three."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cycle_counts.models import CountBatch, Origin
from cycle_counts.planning import Scope
from tests import factories
from tests.cycle_counts.admin.conftest import LIST, Pages
from tests.cycle_counts.conftest import Ground

pytestmark = pytest.mark.django_db


def listed(client: Client, query: str = "") -> list[str]:
    page = client.get(f"{LIST}{query}")
    assert page.status_code == 200
    return [row.label for row in page.context["cl"].result_list]


def test_what_a_row_says(ground: Ground, pages: Pages) -> None:
    yesterday = ground.organization.today() - timedelta(days=1)
    batch = ground.started(name="Aisle A", due_on=yesterday, assignees=[ground.people["counter"]])
    ground.count(batch, {("GLOVES", "A-1"): 9})
    words = pages("manager").get(LIST).content.decode()
    for told in ("CC-00001", "Counting", "Blind", "Aisle A", "Late", "1 of 6", "counter@acme.example"):
        assert told in words
    chips = {chip.words: chip.number for chip in pages("counter").get(LIST).context["cl"].chips}
    assert (chips["All"], chips["Counting"], chips["To review"], chips["Mine"], chips["Late"]) == (
        1,
        1,
        0,
        1,
        1,
    )


def test_chips_and_filters_narrow(ground: Ground, pages: Pages) -> None:
    today = ground.organization.today()
    draft = ground.plan(scope=Scope(bins=(ground.bin("A-1"),)), due_on=today)
    counting = ground.started(scope=Scope(bins=(ground.bin("A-2"),)), assignees=[ground.people["counter"]])
    client = pages("counter")
    assert listed(client) == [counting.label, draft.label]
    assert listed(client, "?state__exact=draft") == [draft.label]
    assert listed(client, "?mine=yes") == [counting.label]
    assert listed(client, "?mine=nobody") == [draft.label]
    assert listed(client, "?due=late") == []
    assert listed(client, "?due=today") == [draft.label]
    assert listed(client, "?due=none") == [counting.label]
    chips = {chip.words: chip.link for chip in client.get(f"{LIST}?state__exact=draft").context["cl"].chips}
    assert chips["Mine"] == "?state__exact=draft&mine=yes"
    assert chips["All"] == "?"


def test_numbers_barcodes_codes_and_bins_find_their_counts(ground: Ground, pages: Pages) -> None:
    first = ground.plan(scope=Scope(bins=(ground.bin("A-1"),)), name="By the door")
    second = ground.plan(scope=Scope(bins=(ground.bin("A-3"),)))
    client = pages("manager")
    for term, found in (
        ("CC-00001", first),
        ("2", second),
        ("BAR-SALINE", second),
        ("GLOV", first),
        ("A-3", second),
        ("BIN-A-1", first),
        ("door", first),
        (first.public_id, first),
    ):
        assert listed(client, f"?q={term}") == [found.label], term
    assert listed(client, "?q=nothing") == []


def test_who_sees_which(ground: Ground, pages: Pages) -> None:
    ground.plan()
    assert listed(pages("counter")) == ["CC-00001"]
    assert pages("viewer").get(LIST).status_code == 403
    assert listed(pages("outsider")) == []
    south = factories.make_warehouse(ground.organization, "South")
    elsewhere = factories.make_person("south@acme.example", {ground.organization: [("Counter", south)]})
    client = Client()
    client.force_login(elsewhere, backend="django.contrib.auth.backends.ModelBackend")
    assert listed(client) == []


def test_those_who_count_do_not_find_out_what_is_a_recount(ground: Ground, pages: Pages) -> None:
    batch = ground.plan(name="Recount of CC-00009")
    CountBatch.objects.filter(pk=batch.pk).update(origin=Origin.RECOUNT)
    for name, is_told in (("manager", True), ("counter", False)):
        client = pages(name)
        assert ("Recount of" in client.get(LIST).content.decode()) is is_told
        assert ("Recount" in client.get(f"{LIST}{batch.pk}/change/").content.decode()) is is_told
        assert (listed(client, "?q=Recount") == ["CC-00001"]) is is_told
        assert (listed(client, "?origin__exact=recount") == ["CC-00001"]) or not is_told
    filters = pages("counter").get(LIST).context["cl"].filter_specs
    assert "origin" not in [getattr(each, "field_path", "") for each in filters]


def test_the_list_costs_the_same_for_one_and_three(ground: Ground, pages: Pages) -> None:
    client = pages("manager")
    ground.plan(scope=Scope(bins=(ground.bin("A-1"),)), assignees=[ground.people["counter"]])
    client.get(LIST)
    counts: list[int] = []
    for more in ((), ("A-2", "A-3")):
        for code in more:
            people: list[Any] = [ground.people["counter"], ground.people["other_counter"]]
            ground.plan(scope=Scope(bins=(ground.bin(code),)), assignees=people)
        with CaptureQueriesContext(connection) as found:
            assert client.get(LIST).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1]
