"""Departments: made, renamed, put out of use, deleted while nothing needs them."""

from __future__ import annotations

import pytest

from stock_requests.departments import (
    change_department,
    create_department,
    delete_department,
    find_department,
    may_change_departments,
    visible_departments,
)
from stock_requests.drafting import Destination, WantedLine, delete_request
from stock_requests.models import Department
from stock_requests.stocklists import create_stocklist
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.refusals import refused
from warehouses import transactions
from warehouses.access import Access, access_of_key
from warehouses.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def foreign() -> Department:
    return factories.make_department(factories.make_organization("Other"), "Theirs")


def create(access: Access, name: str) -> Department:
    return transactions.run(lambda: create_department(access=access, name=name))


def names(ground: Ground) -> list[tuple[str, bool]]:
    rows = Department.objects.filter(organization=ground.organization)
    return list(rows.values_list("name", "is_active"))


def test_one_is_made(ground: Ground) -> None:
    made = create(ground.owner, " Laboratory ")
    assert names(ground) == [("Laboratory", True), ("Workshop", True)]
    assert find_department(access=ground.viewer, public_id=made.public_id) == made


def test_one_is_renamed_and_put_out_of_use(ground: Ground) -> None:
    def change(**changes: object) -> None:
        transactions.run(
            lambda: change_department(access=ground.owner, department=ground.department, **changes)  # type: ignore[arg-type]
        )

    change(name="Garage")
    assert names(ground) == [("Garage", True)]
    change(is_active=False)
    assert names(ground) == [("Garage", False)]
    change(name="GARAGE", is_active=True)  # its own name is not another's
    assert names(ground) == [("GARAGE", True)]


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x00b"])
def test_a_name_that_cannot_be_kept_is_refused(ground: Ground, name: str) -> None:
    told = ("InvalidInput", "INVALID_INPUT", [("INVALID_INPUT", None, "name")])
    assert refused(lambda: create_department(access=ground.owner, name=name)) == told
    assert (
        refused(lambda: change_department(access=ground.owner, department=ground.department, name=name))
        == told
    )
    assert names(ground) == [("Workshop", True)]


def test_a_name_is_given_once_in_an_organization(ground: Ground, foreign: Department) -> None:
    told = ("Conflict", "DEPARTMENT_NAME_TAKEN", [("DEPARTMENT_NAME_TAKEN", None, "name")])
    assert refused(lambda: create_department(access=ground.owner, name="WORKSHOP")) == told
    made = create(ground.owner, foreign.name)
    assert refused(lambda: change_department(access=ground.owner, department=made, name="workshop")) == told
    assert names(ground) == [("Theirs", True), ("Workshop", True)]


def test_it_takes_the_right_in_the_whole_organization(ground: Ground) -> None:
    department = ground.department
    for name in ("requester", "approver", "picker", "viewer"):
        access = ground.access(name)
        assert not may_change_departments(access)
        for work in (
            lambda access=access: create_department(access=access, name="New"),
            lambda access=access: change_department(access=access, department=department, name="New"),
            lambda access=access: delete_department(access=access, department=department),
        ):
            assert refused(work) == ("Forbidden", "PERMISSION_DENIED", [])
    assert may_change_departments(ground.owner)
    assert names(ground) == [("Workshop", True)]


def test_another_organizations_is_not_there(ground: Ground, foreign: Department) -> None:
    told = ("NotFound", "DEPARTMENT_NOT_FOUND", [])
    for work in (
        lambda: find_department(access=ground.owner, public_id=foreign.public_id),
        lambda: change_department(access=ground.owner, department=foreign, name="Ours"),
        lambda: delete_department(access=ground.owner, department=foreign),
    ):
        assert refused(work) == told
    for public_id in ("dep_", "nonsense", ground.source.public_id, ""):
        assert refused(
            lambda public_id=public_id: find_department(
                access=ground.owner, public_id=public_id, field="toDepartmentId"
            )
        ) == (*told[:2], [("DEPARTMENT_NOT_FOUND", None, "toDepartmentId")])
    foreign.refresh_from_db()
    assert foreign.name == "Theirs"
    assert list(visible_departments(access=ground.requester)) == [ground.department]


def test_whoever_reads_or_writes_requests_sees_them(ground: Ground) -> None:
    for scope in ("stockrequests.read", "stockrequests.write"):
        factories.make_key(ground.organization, [scope], warehouses=[ground.source])
        access = access_of_key(ApiKey.objects.latest("pk"))
        assert list(visible_departments(access=access)) == [ground.department]
    factories.make_key(ground.organization, ["inventory.read"])
    access = access_of_key(ApiKey.objects.latest("pk"))
    assert refused(lambda: visible_departments(access=access)) == ("Forbidden", "PERMISSION_DENIED", [])


def test_one_that_nothing_needs_is_deleted(ground: Ground) -> None:
    transactions.run(lambda: delete_department(access=ground.owner, department=ground.department))
    assert names(ground) == []


def test_one_that_a_request_or_a_stocklist_names_stays(ground: Ground) -> None:
    told = ("Conflict", "DEPARTMENT_IN_USE", [])
    of_list = create(ground.owner, "Of a list")
    transactions.run(
        lambda: create_stocklist(
            access=ground.owner,
            name="Weekly",
            from_warehouse=ground.source,
            to=Destination(department=of_list),
            lines=[WantedLine(ground.skus[0], 1)],
        )
    )
    request = factories.make_request(ground.source, ground.department, access=ground.owner)
    # Also where the draft was thrown away: its history stays.
    transactions.run(lambda: delete_request(access=ground.owner, request=request))
    for department in (ground.department, of_list):
        assert (
            refused(
                lambda department=department: delete_department(access=ground.owner, department=department)
            )
            == told
        )
    assert names(ground) == [("Of a list", True), ("Workshop", True)]
