"""Writing requests in the back office: made, begun from a stocklist, changed, and nothing that was typed is lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Barcode
from stock_requests import drafting, stocklists
from stock_requests.drafting import Destination, WantedLine
from stock_requests.models import Priority, RequestState, Stocklist, StockRequest
from tests import factories
from tests.stock_requests.admin.conftest import LIST, Pages, approved, page_of, sent_lines, submitted
from tests.stock_requests.conftest import Ground
from warehouses import transactions
from warehouses.identifiers import new_id

pytestmark = pytest.mark.django_db

ADD = f"{LIST}add/"


def sent(ground: Ground, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {
        "source": ground.source.pk,
        "destination": f"w:{ground.destination.pk}",
        "category": "",
        "priority": Priority.NORMAL.value,
        "needed_by": "",
        "note": "",
        "key": new_id(),
        "scan": "",
    }
    return sent_lines(*rows) | head | more


def errors_of(page: Any) -> dict[str, list[str]]:
    """By field: those of the head, and of the lines by their place."""
    found = {name: list(errors) for name, errors in page.context["form"].errors.items()}
    for place, line in enumerate(page.context["lines"].forms):
        found |= {f"{place}-{name}": list(errors) for name, errors in line.errors.items()}
    return found


def weekly(ground: Ground, **fields: Any) -> Stocklist:
    given: dict[str, Any] = {"name": "Weekly", "to": Destination(ground.destination)} | fields
    lines = [WantedLine(ground.skus[0], 5), WantedLine(ground.skus[1], 200, index=1)]
    return transactions.run(
        lambda: stocklists.create_stocklist(
            access=ground.requester, from_warehouse=ground.source, lines=lines, **given
        )
    )


class TestMaking:
    def test_a_draft(self, ground: Ground, pages: Pages) -> None:
        category = factories.make_category(ground.organization)
        response = pages("requester").post(
            ADD,
            sent(
                ground,
                {"sku": "gloves", "quantity": "10", "note": "size M"},
                {"sku": "MASKS", "quantity": "2"},
                save="1",
                category=category.pk,
                priority=Priority.HIGH.value,
                needed_by="2026-12-24",
                note="for the ward",
            ),
        )
        made = StockRequest.objects.get()
        assert response["Location"] == page_of(made)
        assert (made.state, made.category, made.priority) == ("draft", category, Priority.HIGH)
        assert (made.needed_by, made.note) == (date(2026, 12, 24), "for the ward")
        assert (made.from_warehouse, made.to_warehouse) == (ground.source, ground.destination)
        assert made.requested_by == ground.people["requester"]
        assert list(made.lines.values_list("sku__code", "requested", "note")) == [
            ("GLOVES", 10, "size M"),
            ("MASKS", 2, ""),
        ]

    def test_submitted_at_once(self, ground: Ground, pages: Pages) -> None:
        pages("requester").post(ADD, sent(ground, {"sku": "GLOVES", "quantity": "1"}, submit="1"))
        assert StockRequest.objects.get().state == RequestState.SUBMITTED

    @pytest.mark.parametrize("kind", ["room", "department", "nobody"])
    def test_for_a_room_a_department_or_nobody(self, ground: Ground, pages: Pages, kind: str) -> None:
        key = {"room": f"r:{ground.room.pk}", "department": f"d:{ground.department.pk}", "nobody": ""}[kind]
        pages("owner").post(ADD, sent(ground, {"sku": "GLOVES", "quantity": "1"}, save="1", destination=key))
        made = StockRequest.objects.get()
        wanted = {
            "room": (ground.destination, ground.room, None),
            "department": (None, None, ground.department),
            "nobody": (None, None, None),
        }[kind]
        assert (made.to_warehouse, made.to_room, made.department) == wanted

    def test_the_same_button_pressed_twice_makes_one(self, ground: Ground, pages: Pages) -> None:
        requester = pages("requester")
        data = sent(ground, {"sku": "GLOVES", "quantity": "1"}, save="1")
        first = requester.post(ADD, data)
        second = requester.post(ADD, data)
        assert first["Location"] == second["Location"] == page_of(StockRequest.objects.get())

    def test_the_key_of_somebody_elses_request_is_none(self, ground: Ground, pages: Pages) -> None:
        rival = factories.make_organization("Second rival")
        theirs = factories.make_request(rival.warehouses.get())
        data = sent(ground, {"sku": "GLOVES", "quantity": "1"}, save="1", key=theirs.pk)
        response = pages("requester").post(ADD, data)
        made = StockRequest.objects.get(organization=ground.organization)
        assert response["Location"] == page_of(made)
        assert made.pk != theirs.pk

    def test_an_empty_draft_is_fine_and_an_empty_submission_is_not(
        self, ground: Ground, pages: Pages
    ) -> None:
        requester = pages("requester")
        page = requester.post(ADD, sent(ground, submit="1"))
        assert page.status_code == 422
        assert "at least one line" in page.content.decode()
        assert requester.post(ADD, sent(ground, save="1")).status_code == 302
        assert not StockRequest.objects.get().lines.exists()

    def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
        self, ground: Ground, pages: Pages
    ) -> None:
        page = pages("requester").post(
            ADD,
            sent(
                ground,
                {"sku": "GLOVES", "quantity": "7", "note": "kept"},
                {"sku": "NOBODY", "quantity": "3"},
                save="1",
                note="kept too",
            ),
        )
        assert page.status_code == 422
        assert errors_of(page) == {"1-sku": ["There is no such SKU."]}
        words = page.content.decode()
        for told in ('value="NOBODY"', 'value="7"', 'value="kept"', 'value="kept too"'):
            assert told in words
        assert words.count("autofocus") == 1
        assert 'aria-invalid="true"' in words
        assert "Error: Request goods | " in words
        page = pages("requester").post(
            ADD,
            sent(
                ground, {"sku": "GLOVES", "quantity": "x"}, {"sku": "", "quantity": "1"}, save="1", source=""
            ),
        )
        assert set(errors_of(page)) == {"source", "0-quantity", "1-sku"}
        assert not StockRequest.objects.exists()

    def test_a_refusal_names_the_field(self, ground: Ground, pages: Pages) -> None:
        data = sent(ground, {"sku": "GLOVES", "quantity": "1"}, save="1", destination=f"w:{ground.source.pk}")
        page = pages("owner").post(ADD, data)
        assert page.status_code == 422
        assert list(errors_of(page)) == ["destination"]

    def test_lines_that_are_removed_or_empty_do_not_count(self, ground: Ground, pages: Pages) -> None:
        rows = ({"sku": "wrong", "quantity": "x", "DELETE": True}, {}, {"sku": "GLOVES", "quantity": "1"})
        pages("requester").post(ADD, sent(ground, *rows, save="1"))
        assert StockRequest.objects.get().lines.count() == 1

    def test_only_places_that_one_may_use_are_offered(self, ground: Ground, pages: Pages) -> None:
        factories.make_warehouse(ground.organization, "Elsewhere")
        factories.make_warehouse(ground.organization, "Amazon", is_readonly=True)
        page = pages("requester").get(ADD)
        form = page.context["form"]
        assert [place.name for place in form.fields["source"].queryset] == ["Central", "Clinic"]
        words = page.content.decode()
        assert "Elsewhere" not in words
        assert "Clinic / Pharmacy" in words
        assert "Amazon" not in pages("owner").get(ADD).content.decode()

    def test_who_may(self, ground: Ground, pages: Pages) -> None:
        assert pages("viewer").get(ADD).status_code == 403
        data = sent(ground, {"sku": "GLOVES", "quantity": "1"}, save="1")
        assert pages("viewer").post(ADD, data).status_code == 403
        assert pages("outsider").post(ADD, data).status_code == 422
        assert not StockRequest.objects.exists()


class TestScanningWithoutScript:
    """Enter in the scan's field presses the first button, which is "Add"."""

    def test_the_first_button_adds(self, ground: Ground, pages: Pages) -> None:
        words = pages("requester").get(ADD).content.decode()
        form = words[words.index("data-request-lines") :]
        assert form.index('name="add"') < form.index('name="submit"')

    def test_a_scan_is_a_line_and_another_one_more(self, ground: Ground, pages: Pages) -> None:
        Barcode.objects.create(organization=ground.organization, sku=ground.skus[0], code="4006381333931")
        requester = pages("requester")
        page = requester.post(ADD, sent(ground, scan="4006381333931", add="1", note="kept"))
        lines = page.context["lines"].forms
        assert (lines[0]["sku"].value(), lines[0]["quantity"].value()) == ("GLOVES", "1")
        assert 'value="kept"' in page.content.decode()
        page = requester.post(
            ADD, sent(ground, {"sku": "gloves", "quantity": "4"}, scan="4006381333931", add="1")
        )
        lines = page.context["lines"].forms
        assert (lines[0]["sku"].value(), lines[0]["quantity"].value()) == ("gloves", "5")
        assert not lines[1]["sku"].value()
        assert "autofocus" in page.content.decode()

    def test_an_unknown_code_keeps_what_was_scanned(self, ground: Ground, pages: Pages) -> None:
        page = pages("requester").post(ADD, sent(ground, scan="9999", add="1"))
        assert page.context["lines"].forms[0]["sku"].value() == "9999"
        assert errors_of(page) == {"0-sku": ["There is no such SKU."]}
        page = pages("requester").post(
            ADD, sent(ground, {"sku": "9999", "quantity": "1"}, scan="9999", add="1")
        )
        assert page.context["lines"].forms[0]["quantity"].value() == "2"

    def test_full_lines_grow_and_a_removed_one_is_not_counted_up(self, ground: Ground, pages: Pages) -> None:
        rows = [{"sku": "GLOVES", "quantity": "1", "DELETE": True}]
        page = pages("requester").post(ADD, sent(ground, *rows, scan="GLOVES", add="1"))
        lines = page.context["lines"].forms
        assert [line["quantity"].value() for line in lines[:2]] == ["1", "1"]
        data = sent(ground, {"sku": "A", "quantity": "1"}, scan="MASKS", add="1")
        data["lines-TOTAL_FORMS"] = 1
        lines = pages("requester").post(ADD, data).context["lines"].forms
        assert [line["sku"].value() for line in lines] == ["A", "MASKS"]

    def test_with_nothing_scanned_there_are_more_empty_lines(self, ground: Ground, pages: Pages) -> None:
        page = pages("requester").post(ADD, sent(ground, {"sku": "x", "quantity": "y"}, add="1"))
        assert len(page.context["lines"].forms) == 4 + 3
        assert errors_of(page) == {}

    def test_availability_at_the_source_stands_beside_each_line(self, ground: Ground, pages: Pages) -> None:
        factories.reserve(ground.skus[0], ground.source, 30)
        page = pages("requester").post(ADD, sent(ground, {"sku": "GLOVES", "quantity": "1"}, add="1"))
        assert "70 available in Central" in page.content.decode()

    def test_hostile_numbers(self, ground: Ground, pages: Pages) -> None:
        requester = pages("requester")
        for wrong in ("-1", "x", "999999999999", "²"):
            data = sent(ground, scan="GLOVES", add="1") | {"lines-TOTAL_FORMS": wrong}
            assert requester.post(ADD, data).status_code == 200
        page = requester.post(ADD, sent(ground, {"sku": "GLOVES", "quantity": "²"}, scan="GLOVES", add="1"))
        assert page.context["lines"].forms[0]["quantity"].value() == "1"


class TestLookingUp:
    def test_a_code_or_barcode(self, ground: Ground, pages: Pages) -> None:
        Barcode.objects.create(organization=ground.organization, sku=ground.skus[0], code="4006381333931")
        answer = pages("requester").get(
            f"{LIST}look-up/", {"code": "4006381333931", "source": str(ground.source.pk)}
        )
        assert answer.json() == {
            "code": "GLOVES",
            "title": "Title of GLOVES",
            "source": "Central",
            "available": 100,
            "onOrder": 0,
        }

    def test_nothing_is_told_of_places_that_one_may_not_see(self, ground: Ground, pages: Pages) -> None:
        elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
        factories.stock(ground.skus[0], elsewhere, 3)
        answer = pages("requester").get(f"{LIST}look-up/", {"code": "GLOVES", "source": str(elsewhere.pk)})
        assert answer.json() == {"code": "GLOVES", "title": "Title of GLOVES"}

    @pytest.mark.parametrize("code", ["", "NOBODY", "GLOVES\x00"])
    def test_what_is_not_there(self, ground: Ground, pages: Pages, code: str) -> None:
        answer = pages("requester").get(f"{LIST}look-up/", {"code": code})
        assert (answer.status_code, answer.json()) == (404, {"detail": "There is no such SKU."})

    def test_another_organizations_sku_is_not_there(self, ground: Ground, pages: Pages) -> None:
        assert pages("outsider").get(f"{LIST}look-up/", {"code": "GLOVES"}).status_code == 404

    def test_who_may(self, ground: Ground, pages: Pages) -> None:
        counter = factories.make_person("counter@acme.example", {ground.organization: ["Counter"]})
        client = pages("owner")
        client.force_login(counter, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(f"{LIST}look-up/", {"code": "GLOVES"}).status_code == 403


class TestStocklists:
    def test_a_request_is_begun_from_one(self, ground: Ground, pages: Pages) -> None:
        stocklist = weekly(ground)
        requester = pages("requester")
        assert "Weekly" in requester.get(ADD).content.decode()
        page = requester.get(f"{ADD}?stocklist={stocklist.pk}")
        lines = page.context["lines"].forms
        assert [line["sku"].value() for line in lines[:2]] == ["GLOVES", "MASKS"]
        assert page.context["form"]["destination"].value() == f"w:{ground.destination.pk}"
        assert "100 available in Central" in page.content.decode()
        rows = [{"sku": "GLOVES", "quantity": "6"}]
        requester.post(f"{ADD}?stocklist={stocklist.pk}", sent(ground, *rows, submit="1"))
        made = StockRequest.objects.get()
        assert made.stocklist == stocklist
        assert list(made.lines.values_list("sku__code", "requested")) == [("GLOVES", 6)]

    def test_only_what_one_sees_and_what_is_in_use(self, ground: Ground, pages: Pages) -> None:
        stocklist = weekly(ground)
        assert pages("outsider").get(f"{ADD}?stocklist={stocklist.pk}").status_code == 404
        assert pages("requester").get(f"{ADD}?stocklist=nonsense").status_code == 404
        Stocklist.objects.update(is_active=False)
        assert pages("requester").get(f"{ADD}?stocklist={stocklist.pk}").status_code == 404
        assert "Weekly" not in pages("requester").get(ADD).content.decode()


class TestChanging:
    def edited(self, found: StockRequest, ground: Ground, **more: Any) -> dict[str, Any]:
        rows = [
            {"sku": line.sku.code, "quantity": line.requested, "note": line.note, "line": line.pk}
            for line in found.lines.select_related("sku").order_by("position")
        ]
        return sent(ground, *rows, **{"seen": found.version, "save": "1"} | more)

    def test_a_draft_is_changed_and_submitted(self, ground: Ground, pages: Pages) -> None:
        lines = [(ground.skus[0], 3), (ground.skus[1], 4)]
        found = factories.make_request(ground.source, ground.destination, lines, access=ground.requester)
        kept = found.lines.get(position=2)
        requester = pages("requester")
        page = requester.get(page_of(found, "edit"))
        assert [line["quantity"].value() for line in page.context["lines"].forms[:2]] == [3, 4]
        data = self.edited(found, ground, priority=Priority.LOW.value, submit="1")
        data |= {
            "lines-0-DELETE": "on",
            "lines-1-quantity": "9",
            "lines-2-sku": "SALINE",
            "lines-2-quantity": "1",
        }
        response = requester.post(page_of(found, "edit"), data)
        assert response["Location"] == page_of(found)
        found.refresh_from_db()
        assert (found.state, found.priority) == (RequestState.SUBMITTED, Priority.LOW)
        assert list(found.lines.values_list("sku__code", "requested")) == [("MASKS", 9), ("SALINE", 1)]
        assert found.lines.get(sku=ground.skus[1]).pk == kept.pk

    def test_an_emptied_line_is_a_mistake(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, 3)
        data = self.edited(found, ground) | {"lines-0-sku": "", "lines-0-quantity": ""}
        page = pages("requester").post(page_of(found, "edit"), data)
        assert set(errors_of(page)) == {"0-sku", "0-quantity"}

    def test_the_conflict_says_who_changed_what_and_keeps_what_was_typed(
        self, ground: Ground, pages: Pages
    ) -> None:
        found = submitted(ground, 3)
        data = self.edited(found, ground, note="mine") | {"lines-0-quantity": "8"}
        transactions.run(
            lambda: drafting.update_request(
                access=ground.owner, request=found, changes={"note": "theirs", "priority": Priority.URGENT}
            )
        )
        page = pages("requester").post(page_of(found, "edit"), data)
        assert page.status_code == 409
        words = page.content.decode()
        assert "owner@acme.example changed this" in words
        assert page.context["differences"] == [
            ("Priority", "Urgent", "Normal"),
            ("Note", "theirs", "mine"),
            ("Units of GLOVES", "3", "8"),
        ]
        assert 'value="mine"' in words
        assert StockRequest.objects.get().note == "theirs"
        # Saved again, by somebody who has now seen it.
        again = data | {"seen": page.context["form"]["seen"].value()}
        assert pages("requester").post(page_of(found, "edit"), again).status_code == 302
        assert StockRequest.objects.get().note == "mine"

    def test_without_a_version_nothing_is_written(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, 3)
        page = pages("requester").post(page_of(found, "edit"), self.edited(found, ground, seen="", note="x"))
        assert page.status_code == 409
        assert StockRequest.objects.get().note == ""

    def test_approved_meanwhile(self, ground: Ground, pages: Pages) -> None:
        found = approved(ground, 3)
        page = pages("requester").post(page_of(found, "edit"), self.edited(found, ground, note="mine"))
        assert page.status_code == 409
        words = page.content.decode()
        assert "approver@acme.example" in words
        assert "cannot be saved any more" in words
        assert pages("requester").get(page_of(found, "edit"))["Location"] == page_of(found)

    def test_what_it_has_already_stays_a_choice(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, 3, to=ground.department, access=ground.owner)
        type(ground.department).objects.update(is_active=False)
        page = pages("owner").get(page_of(found, "edit"))
        assert "Workshop (as it is now)" in page.content.decode()
        data = self.edited(found, ground, destination=f"d:{ground.department.pk}", note="x")
        assert pages("owner").post(page_of(found, "edit"), data).status_code == 302

    def test_who_may(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, 3)
        assert pages("viewer").get(page_of(found, "edit")).status_code == 403
        assert pages("outsider").get(page_of(found, "edit")).status_code == 404
        assert pages("outsider").post(page_of(found, "edit"), {}).status_code == 404
        assert pages("picker").get(page_of(found, "edit")).status_code == 200


def test_the_form_costs_the_same_for_one_and_three_lines(ground: Ground, pages: Pages) -> None:
    requester = pages("requester")
    one, three = submitted(ground, 1), submitted(ground, 1, 2, 3)
    requester.get(page_of(one, "edit"))
    with CaptureQueriesContext(connection) as first:
        assert requester.get(page_of(one, "edit")).status_code == 200
    with CaptureQueriesContext(connection) as second:
        assert requester.get(page_of(three, "edit")).status_code == 200
    assert len(second) == len(first)
