"""Stocklists in the back office: written like a request, used in one step, by those who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stock_requests import stocklists
from stock_requests.drafting import Destination, WantedLine
from stock_requests.models import Priority, Stocklist
from tests import factories
from tests.stock_requests.admin.conftest import Pages, sent_lines
from tests.stock_requests.conftest import Ground
from warehouses import transactions

pytestmark = pytest.mark.django_db

LIST = "/admin/stock_requests/stocklist/"


def weekly(ground: Ground, name: str = "Weekly", count: int = 2) -> Stocklist:
    lines = [WantedLine(sku, 5, index=place) for place, sku in enumerate(ground.skus[:count])]
    return transactions.run(
        lambda: stocklists.create_stocklist(
            access=ground.requester,
            name=name,
            from_warehouse=ground.source,
            to=Destination(ground.destination),
            lines=lines,
        )
    )


def sent(ground: Ground, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {
        "name": "Weekly",
        "source": ground.source.pk,
        "destination": f"w:{ground.destination.pk}",
        "category": "",
        "priority": Priority.NORMAL.value,
        "note": "",
        "seen": "",
        "scan": "",
        "save": "1",
    }
    return sent_lines(*rows) | head | more


def test_one_is_written(ground: Ground, pages: Pages) -> None:
    rows = ({"sku": "gloves", "quantity": "5"}, {"sku": "MASKS", "quantity": "2"})
    response = pages("requester").post(f"{LIST}add/", sent(ground, *rows))
    made = Stocklist.objects.get()
    assert response["Location"] == f"{LIST}{made.pk}/change/"
    assert (made.from_warehouse, made.to_warehouse) == (ground.source, ground.destination)
    assert list(made.lines.values_list("sku__code", "quantity")) == [("GLOVES", 5), ("MASKS", 2)]
    words = pages("viewer").get(f"{LIST}{made.pk}/change/").content.decode()
    assert "GLOVES" in words
    assert "Request these goods" not in words


def test_what_is_wrong_stands_at_its_field(ground: Ground, pages: Pages) -> None:
    weekly(ground)
    requester = pages("requester")
    page = requester.post(f"{LIST}add/", sent(ground, {"sku": "GLOVES", "quantity": "1"}, name="weekly"))
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["name"]
    rows = ({"sku": "GLOVES", "quantity": "1"}, {"sku": "gloves", "quantity": "2"})
    page = requester.post(f"{LIST}add/", sent(ground, *rows, name="Other"))
    assert list(page.context["lines"].forms[1].errors) == ["sku"]
    page = requester.post(f"{LIST}add/", sent(ground, name="Other"))
    assert "at least one line" in page.content.decode()
    page = requester.post(f"{LIST}add/", sent(ground, name="Other", scan="MASKS", add="1"))
    assert page.context["lines"].forms[0]["sku"].value() == "MASKS"
    assert Stocklist.objects.count() == 1


def test_one_is_changed_unless_somebody_was_faster(ground: Ground, pages: Pages) -> None:
    found = weekly(ground)
    requester = pages("requester")
    page = requester.get(f"{LIST}{found.pk}/edit/")
    assert [line["quantity"].value() for line in page.context["lines"].forms[:2]] == [5, 5]
    data = sent(ground, {"sku": "SALINE", "quantity": "9"}, name="Daily", seen=found.version)
    assert requester.post(f"{LIST}{found.pk}/edit/", data)["Location"] == f"{LIST}{found.pk}/change/"
    found.refresh_from_db()
    assert (found.name, found.lines.get().sku.code) == ("Daily", "SALINE")
    page = requester.post(f"{LIST}{found.pk}/edit/", data | {"name": "Hourly"})
    assert page.status_code == 409
    assert "Somebody has changed Daily meanwhile" in page.content.decode()
    assert 'value="Hourly"' in page.content.decode()
    again = data | {"name": "Hourly", "seen": page.context["form"]["seen"].value()}
    assert requester.post(f"{LIST}{found.pk}/edit/", again).status_code == 302


def test_it_is_used_switched_off_and_deleted(ground: Ground, pages: Pages) -> None:
    found = weekly(ground)
    requester = pages("requester")
    target = requester.get(f"{LIST}{found.pk}/use/")["Location"]
    page = requester.get(target)
    assert page.context["lines"].forms[0]["sku"].value() == "GLOVES"
    requester.post(f"{LIST}{found.pk}/switch-off/")
    found.refresh_from_db()
    assert not found.is_active
    assert requester.get(target).status_code == 404
    words = requester.get(f"{LIST}{found.pk}/change/").content.decode()
    assert "Switch on…" in words
    assert "Switch off…" not in words
    requester.post(f"{LIST}{found.pk}/switch-on/")
    found.refresh_from_db()
    assert found.is_active
    requester.post(f"{LIST}{found.pk}/delete/", {"post": "yes"})
    assert not Stocklist.objects.exists()


@pytest.mark.parametrize("page", ["edit", "use", "switch-off", "delete"])
def test_who_may_not_and_who_does_not_see_it(ground: Ground, pages: Pages, page: str) -> None:
    found = weekly(ground)
    address = f"{LIST}{found.pk}/{page}/"
    assert pages("viewer").get(address).status_code == 403
    assert pages("viewer").post(address, {"post": "yes"}).status_code == 403
    assert pages("outsider").get(address).status_code == 404
    assert pages("outsider").post(address, {"post": "yes"}).status_code == 404
    assert pages("viewer").get(f"{LIST}add/").status_code == 403
    found.refresh_from_db()
    assert found.is_active


def test_only_ones_of_places_that_one_sees_are_listed(ground: Ground, pages: Pages) -> None:
    weekly(ground)
    elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
    transactions.run(
        lambda: stocklists.create_stocklist(
            access=ground.owner,
            name="Hidden",
            from_warehouse=elsewhere,
            lines=[WantedLine(ground.skus[0], 1)],
        )
    )
    words = pages("requester").get(LIST).content.decode()
    assert "Weekly" in words
    assert "Hidden" not in words
    assert "Weekly" in pages("owner").get(f"{LIST}?q=masks").content.decode()
    assert "Weekly" not in pages("owner").get(f"{LIST}?q=nothing").content.decode()


def test_the_list_costs_the_same_for_one_and_three_rows(ground: Ground, pages: Pages) -> None:
    owner = pages("owner")
    weekly(ground, count=1)
    owner.get(LIST)
    with CaptureQueriesContext(connection) as one:
        owner.get(LIST)
    weekly(ground, "Second", 2)
    weekly(ground, "Third", 3)
    with CaptureQueriesContext(connection) as three:
        assert owner.get(LIST).context["cl"].result_count == 3
    assert len(three) == len(one)
