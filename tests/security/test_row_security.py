"""The second net: with the product's own narrowing taken away, the database still shows nobody else's rows."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.db.models import QuerySet
from django.test import Client

from inventory.models import Sku, StockItem, StockLevel
from tests.application_role import requests_act_as_a_role
from tests.factories import make_key, make_organization, make_person, make_sku, stock
from tests.inventory.api.callers import Caller
from tests.inventory.api.ground import lay_ground
from tests.inventory.api.routes import EVERY_SCOPE, ROUTES, Route, prepare
from tests.inventory.api.snapshots import everything
from tests.inventory.api.syncs import end_syncs
from warehouses import row_security
from warehouses.http import throttling
from warehouses.models import Organization, PagePreference, Warehouse
from warehouses.row_security import Confinement, across_organizations, confined, work_in

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

SECRET = "Their secret"


@pytest.fixture
def organization(db: None) -> Organization:
    """Acme, with whatever any route may be about."""
    return lay_ground(None)


@pytest.fixture
def rivals(organization: Organization, rival: Organization, rival_warehouse: Warehouse) -> Organization:
    """Another organization that has the same, by the same codes."""
    for code in ("SKU-001", "SECRET-1"):
        sku = make_sku(rival, code, title=SECRET)
        stock(sku, rival_warehouse, 1000)
    prepare(sku, rival_warehouse)
    return rival


@contextlib.contextmanager
def nothing_is_narrowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every filter by organization is forgotten, wherever it is written."""
    plain = QuerySet._filter_or_exclude_inplace  # type: ignore[attr-defined]

    def forgetful(self: Any, negate: bool, args: Any, kwargs: dict[str, Any]) -> None:
        kept = {name: value for name, value in kwargs.items() if name.split("__")[0] not in _BY_ORGANIZATION}
        plain(self, negate, args, kept)

    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "_filter_or_exclude_inplace", forgetful)
        yield


_BY_ORGANIZATION = {"organization", "organization_id"}


def walked(caller: Caller, place: Warehouse) -> dict[str, str]:
    """Every route that says or changes something about the rival's goods, and what it says."""
    found: dict[str, str] = {}
    for route in ROUTES:
        for code in ("SKU-001", "SECRET-1"):
            for number in range(len(route.requests(code, place.public_id))):
                text = _answer(caller, route, code, place, number)
                if SECRET in text or place.public_id in text:
                    found[f"{route} {number}"] = text
    return found


def _answer(caller: Caller, route: Route, code: str, place: Warehouse, number: int) -> str:
    request = route.prefixed(route.requests(code, place.public_id)[number])
    with transaction.atomic():
        try:
            with transaction.atomic():
                response = caller.send(route.method, request.path, request.body)
                end_syncs()
                return b"".join(response).decode() if response.streaming else response.content.decode()
        except Exception as error:  # noqa: BLE001 - what is not there where it must be, or is there twice
            return type(error).__name__
        finally:
            transaction.set_rollback(True)


def rows_of(organization: Organization) -> dict[str, Any]:
    with confined(Confinement(organization.pk)):
        return everything()


@pytest.mark.postgresql
class TestWithoutTheFilter:
    def test_nothing_leaks_and_nothing_of_others_is_written(
        self,
        role: str,
        rivals: Organization,
        rival_warehouse: Warehouse,
        organization: Organization,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        caller = Caller(make_key(organization, EVERY_SCOPE))
        before = rows_of(rivals)
        assert before["inventory.Movement"]

        with nothing_is_narrowed(monkeypatch):
            assert walked(caller, rival_warehouse) == {}
        assert rows_of(rivals) == before

    def test_without_the_net_it_would_leak(
        self,
        rivals: Organization,
        rival_warehouse: Warehouse,
        organization: Organization,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        caller = Caller(make_key(organization, EVERY_SCOPE))
        with nothing_is_narrowed(monkeypatch):
            told = walked(caller, rival_warehouse)
        assert len(told) > 30, told.keys()


@pytest.mark.postgresql
class TestUnderIt:
    """The product itself goes on as before."""

    def test_every_route_answers_a_key_and_a_person(
        self, role: str, organization: Organization, rival: Organization, warehouse: Warehouse
    ) -> None:
        alice = make_person("alice@example.com", {organization: ["Owner"]})
        for caller in (Caller(make_key(organization, EVERY_SCOPE)), Caller.person(alice)):
            for route in ROUTES:
                request = route.prefixed(route.requests("SKU-001", warehouse.public_id)[0])
                response = caller.send(route.method, request.path, request.body)
                throttling.forget_counts()
                end_syncs()
                assert response.status_code == route.status, (route, response.content)

    def test_every_list_of_the_back_office_shows_the_same(
        self, organization: Organization, rivals: Organization, settings: Any
    ) -> None:
        """To an owner, to a member of two who has chosen one, and to a superuser who has chosen none."""
        alice = make_person("alice@example.com", {organization: ["Owner"]})
        both = make_person("both@example.com", {organization: ["Owner"], rivals: ["Owner"]})
        root = make_person("root@example.com", is_superuser=True, is_staff=True)

        def pages(caller: Caller) -> dict[str, tuple[int, str]]:
            found = {}
            for path in (*_PAGES, *(f"/admin/{name}/" for name in _lists())):
                response = caller.get(path)
                text = b"".join(response).decode() if response.streaming else response.content.decode()
                found[path] = response.status_code, _PASSING.sub("", text)
            return found

        def seen() -> list[dict[str, tuple[int, str]]]:
            callers = (
                Caller.person(alice),
                Caller.person(both, rivals),
                Caller.person(both),
                Caller.person(root),
            )
            return [pages(caller) for caller in callers]

        without = seen()
        assert sum("SKU-001" in text for _, text in without[0].values()) > 5
        with requests_act_as_a_role():
            within = seen()
        for one, other in zip(within, without, strict=True):
            assert [
                _difference(path, one[path], other[path]) for path in one if one[path] != other[path]
            ] == []

    def test_people_come_in_and_choose(
        self, role: str, organization: Organization, rivals: Organization, client: Client
    ) -> None:
        make_person("both@example.com", {organization: ["Owner"], rivals: ["Owner"]})
        form = {"username": "both@example.com", "password": "correct horse battery"}
        assert client.post("/admin/login/", form).status_code == 302
        assert "Rival" in client.get("/organization/").content.decode()
        for chosen in (rivals, organization):
            assert client.post("/organization/", {"organization": chosen.public_id}).status_code == 302
            page = client.get("/admin/inventory/sku/").content.decode()
            assert (SECRET in page) == (chosen == rivals)
        assert client.post("/admin/keys/", {}).status_code == 302
        assert PagePreference.objects.count() == 2


#: What is another one each time: tokens, ids of requests, ages, and instants in the queries of links.
_PASSING = re.compile(
    r'csrfmiddlewaretoken" value="\w+|csrf\S+|nonce[-=]["\']?[\w+/=-]+|"instance": "\w+"|\d+ (?:s|min|h)\b'
    r'|\b\d+ (?:second|minute)s? ago|<time.*?</time>|\?[^"]*"|\b\d\d:\d\d\b'
)
_PAGES = (
    "/admin/",
    "/admin/people/",
    "/admin/notices/",
    "/admin/stock/",
    "/admin/search/?s=SKU-001",
    "/organization/",
)


def _difference(path: str, *answers: tuple[int, str]) -> str:
    lines = [text.splitlines() for _, text in answers]
    differ = [pair for pair in zip(*lines, strict=False) if pair[0] != pair[1]]
    return f"{path}: {[status for status, _ in answers]} {differ[:2]}"


def _lists() -> list[str]:
    return [f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry]


@pytest.mark.postgresql
class TestPolicies:
    def test_the_role_is_nobody_special(self, role: str, organization: Organization) -> None:
        with confined(Confinement(organization.pk)), connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, rolsuper, rolbypassrls, rolcanlogin,"
                " EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)"
                " FROM pg_roles r WHERE rolname = current_user"
            )
            assert cursor.fetchone() == (role, False, False, False, False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user = session_user")
            assert cursor.fetchone() == (True,)

    def test_every_table_shows_ones_own_rows_and_no_others(
        self, role: str, organization: Organization, rivals: Organization
    ) -> None:
        """Nothing to whom it is not said whose request it is."""
        for model in _models():
            keys = model._base_manager.values_list("pk", flat=True)
            all_of_them = set(keys.all())
            with confined(Confinement()):
                assert not keys.all().exists(), model
            with confined(Confinement(organization.pk)):
                ours = set(keys.all())
            with confined(Confinement(rivals.pk)):
                theirs = set(keys.all())
            assert not ours & theirs, model
            assert ours | theirs == all_of_them, model

    def test_nothing_is_written_for_another(
        self, role: str, organization: Organization, rivals: Organization, rival_warehouse: Warehouse
    ) -> None:
        with confined(Confinement(organization.pk)):
            assert Sku.objects.filter(code="SECRET-1").update(title="Taken") == 0
            assert StockItem.objects.filter(bin__warehouse=rival_warehouse).delete()[0] == 0
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                Sku.objects.create(
                    organization=rivals,
                    code="OURS",
                    title="Planted",
                    product_id=Sku.objects.all()[0].product_id,
                )
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                Sku.objects.filter(code="SKU-001").update(organization=rivals)

    def test_the_role_alters_nothing(self, role: str, organization: Organization) -> None:
        for statement in (
            "ALTER TABLE inventory_sku DISABLE ROW LEVEL SECURITY",
            "DROP POLICY of_the_organization ON inventory_sku",
            "TRUNCATE inventory_sku CASCADE",
            "CREATE TABLE mine (id int)",
            "SELECT * FROM django_migrations",
        ):
            with (
                confined(Confinement(organization.pk)),
                pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)

    def test_a_role_that_no_policy_binds_is_refused(self, role: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER ROLE {connection.ops.quote_name(role)} BYPASSRLS")
        with pytest.raises(PermissionError, match="bound by no policy"):
            row_security.install()

    def test_what_is_there_is_not_made_again(self, role: str) -> None:
        again = row_security.statements(connection, role)
        assert {statement.partition(" ")[0] for statement in again} == {"GRANT"}
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE inventory_sku DISABLE ROW LEVEL SECURITY")
            cursor.execute("DROP POLICY of_the_organization ON warehouses_bin")
        mended = [one for one in row_security.statements(connection, role) if not one.startswith("GRANT")]
        assert {one.split(" USING")[0] for one in mended} == {
            'ALTER TABLE "inventory_sku" ENABLE ROW LEVEL SECURITY',
            'CREATE POLICY of_the_organization ON "warehouses_bin"',
        }


def test_every_table_is_somebodys_or_said_to_be_nobodys() -> None:
    """Read from the models: one that is added later has a place, or this fails."""
    tables = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed
    }
    assert set(row_security.owners()) | row_security.OF_NOBODY == tables
    assert not set(row_security.owners()) & row_security.OF_NOBODY
    assert row_security.owners()["inventory_movement"] == ("organization_id", "", "")
    assert row_security.owners()["inventory_transferpick"] == ("line_id", "inventory_transferline", "id")
    assert row_security.owners()["warehouses_organization"] == ("id", "", "")


@pytest.mark.postgresql
class TestConfinement:
    def test_who_it_is_decides_from_then_on(
        self, role: str, organization: Organization, rivals: Organization
    ) -> None:
        def seen() -> set[str]:
            return set(Organization.objects.values_list("name", flat=True))

        everybody = seen()
        assert len(everybody) == 2
        with confined(Confinement()):
            assert seen() == set()
            with across_organizations("a test"):
                assert seen() == everybody
                with across_organizations("of a test"):
                    assert seen() == everybody
                assert seen() == everybody
            work_in(rivals.pk)
            assert seen() == {"Rival"}
            work_in(organization.pk)
            assert seen() == {organization.name}
            work_in(None)
            assert seen() == set()
        assert seen() == everybody

    def test_a_part_that_is_rolled_back_takes_nothing_along(
        self, role: str, organization: Organization, rivals: Organization
    ) -> None:
        """The database takes the setting back with a savepoint; what is seen is what was asked for all the same."""

        def seen() -> list[str]:
            return list(Organization.objects.values_list("name", flat=True))

        confinement = Confinement(organization.pk)
        with confined(confinement):
            assert seen() == [organization.name]
            with contextlib.suppress(ZeroDivisionError), transaction.atomic():
                work_in(rivals.pk)
                assert seen() == ["Rival"]
                raise ZeroDivisionError
            assert seen() == ["Rival"]
            with contextlib.suppress(ZeroDivisionError), transaction.atomic(), across_organizations("a test"):
                assert len(seen()) == 2
                raise ZeroDivisionError
            assert seen() == ["Rival"]
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            with confined(confinement):
                seen()
            assert len(seen()) == 2
            raise ZeroDivisionError
        assert len(seen()) == 2

    def test_a_statement_that_failed_leaves_it_on(self, role: str, organization: Organization) -> None:
        with confined(Confinement(organization.pk)):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
            assert Organization.objects.count() == 1

    def test_it_costs_no_query_of_djangos(
        self, role: str, organization: Organization, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        with confined(Confinement(organization.pk)), django_assert_num_queries(1):
            Organization.objects.get()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
class TestOutsideOfTransactions:
    """As requests read: each statement is a transaction of its own."""

    @pytest.fixture
    def role(self, transactional_db: None) -> Iterator[str]:
        with requests_act_as_a_role() as name:
            yield name
        with connection.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {connection.ops.quote_name(name)}")
            cursor.execute(f"DROP ROLE {connection.ops.quote_name(name)}")

    @pytest.fixture
    def two(self, role: str) -> tuple[Organization, Organization]:
        return make_organization(), make_organization("Rival")

    def test_nothing_stays_on_the_connection(self, two: tuple[Organization, Organization]) -> None:
        acme, rival = two
        for organization in (acme, rival, acme):
            with confined(Confinement(organization.pk)):
                assert list(Organization.objects.all()) == [organization]
            raw: Any = connection.connection
            found = raw.execute(
                "SELECT current_user = session_user, current_setting('tallyhouse.organization', true)"
            ).fetchone()
            assert found in {(True, ""), (True, None)}
            assert raw.info.transaction_status.name == "IDLE"
        assert Organization.objects.count() == 2

    def test_after_a_failure_too(self, two: tuple[Organization, Organization]) -> None:
        acme, _ = two
        with confined(Confinement(acme.pk)):
            with pytest.raises(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
            raw: Any = connection.connection
            assert raw.info.transaction_status.name == "IDLE"
            assert Organization.objects.get() == acme
        assert Organization.objects.count() == 2

    def test_a_write_is_committed_and_a_broken_constraint_told(
        self, two: tuple[Organization, Organization]
    ) -> None:
        acme, _ = two
        with confined(Confinement(acme.pk)):
            assert Organization.objects.filter(pk=acme.pk).update(name="Acme and sons") == 1
            with pytest.raises(DatabaseError):  # foreign keys are looked at when the transaction ends
                Warehouse.objects.filter(organization=acme).update(organization_id=Sku().pk)
        acme.refresh_from_db()
        assert acme.name == "Acme and sons"

    def test_rows_are_read_in_pieces(self, two: tuple[Organization, Organization]) -> None:
        acme, rival = two
        with confined(Confinement(rival.pk)):
            assert [row.organization_id for row in Warehouse.objects.iterator(chunk_size=1)] == [rival.pk]
        assert acme.pk != rival.pk

    def test_a_file_is_sent_with_what_its_request_may_see(
        self, two: tuple[Organization, Organization], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is read while it is sent, when the request itself has long been answered."""
        acme, rival = two
        for organization, code in ((acme, "OURS-1"), (rival, "THEIRS-1")):
            place = organization.default_warehouse
            assert place is not None
            stock(make_sku(organization, code), place, 5)
        caller = Caller(make_key(acme, EVERY_SCOPE))
        with nothing_is_narrowed(monkeypatch):
            response = caller.get(
                "/pos/api/v1/inventory/snapshot?date=2100-01-01&location_id=" + _main(acme), Accept="text/csv"
            )
            assert response.status_code in {200, 400}, response.content
            response = caller.get(
                f"/pos/api/v1/inventory/snapshot?location_id={_main(acme)}", Accept="text/csv"
            )
            content = b"".join(response.streaming_content).decode()
        assert response.streaming
        assert "OURS-1" in content
        assert "THEIRS-1" not in content
        assert Organization.objects.count() == 2

    def test_stock_is_changed_through_the_ledger(self, two: tuple[Organization, Organization]) -> None:
        acme, _ = two
        make_sku(acme, "OURS-1")
        caller = Caller(make_key(acme, EVERY_SCOPE))
        body = {"sku": "OURS-1", "adjustment": 5}
        for _ in range(2):
            answer = caller.post("/gateway/api/v1/inventory/adjust", body, {"Idempotency-Key": "once"})
            assert answer.status_code == 200, answer.content
        assert StockLevel.objects.get().on_hand == 5


def _main(organization: Organization) -> str:
    place = organization.default_warehouse
    assert place is not None
    return place.public_id


def _models() -> list[Any]:
    placed = row_security.owners()
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.db_table in placed]
