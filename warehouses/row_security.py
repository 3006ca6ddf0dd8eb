"""Row-level security on PostgreSQL: a second net under the narrowing that every query of the product begins with.

Where `DATABASE_APP_ROLE` names a role, requests act as it: a role that owns nothing, to which each table shows the rows
of one organization, named by a setting of the transaction, and none where it is not set. A query that forgot to
narrow finds nothing of anybody else's, and cannot write it either.

Tasks and commands act as the role that logs in, the owner of the tables, which the policies do not bind. So does, for
a moment and with a reason, what a request has to do before it is known whose it is: `across_organizations`.

How it is put on is no thread-local that business code could read: nothing but the connection asks for it. Everything
is done in statements beside Django's own, and nothing at all where no role is named.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = [
    "OF_NOBODY",
    "SETTING",
    "Confinement",
    "Place",
    "across_organizations",
    "confined",
    "guard_connection",
    "install",
    "owners",
    "statements",
    "work_in",
]

#: The setting of a transaction that says whose rows are seen.
SETTING: Final = "tallyhouse.organization"
POLICY: Final = "of_the_organization"
#: Tables whose rows belong to no organization: people and their sessions, roles, what Django keeps for itself.
OF_NOBODY: Final = frozenset(
    {
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "django_admin_log",
        "django_content_type",
        "django_session",
        "guardian_groupobjectpermission",
        "guardian_userobjectpermission",
        "inventory_checkpointhorizon",  # how far the checkpoints of the whole installation are
        "warehouses_user",
        "warehouses_user_groups",
        "warehouses_user_user_permissions",
    }
)

#: What a transaction has after a part of it was rolled back: whatever it had before that.
_UNKNOWN: Final = ("?", "?")

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Confinement:
    """What one request may see: nothing, until it is known whose it is."""

    organization: UUID | None = None
    across: int = 0


_confinement: ContextVar[Confinement | None] = ContextVar("confinement", default=None)


@contextlib.contextmanager
def confined(confinement: Confinement) -> Iterator[None]:
    """Inside, statements act as the application's role and see what `confinement` says at that moment."""
    before = _confinement.set(confinement)
    try:
        yield
    finally:
        _confinement.reset(before)


def work_in(organization_id: UUID | None) -> None:
    """It is known now whose the request is: its rows are seen from here on. Outside of requests this does nothing."""
    confinement = _confinement.get()
    if confinement is not None:
        confinement.organization = organization_id


@contextlib.contextmanager
def across_organizations(why: str) -> Iterator[None]:
    """Inside, every organization's rows are seen: for finding out whose a request is, and little else.

    `why` is for readers of the code and of the log, where it is told at the level of DEBUG. A queryset that is made
    in here and read outside of it is read outside.
    """
    confinement = _confinement.get()
    if confinement is None:
        yield
        return
    _log.debug("row_security.across", why=why)
    confinement.across += 1
    try:
        yield
    finally:
        confinement.across -= 1


# --- what is in the database


class Place(NamedTuple):
    """`column` holds an organization's key or, with `whole`, the `key` of the row of that table whose part a row is."""

    column: str
    whole: str = ""
    key: str = ""


def owners() -> dict[str, Place]:
    """Each table whose rows belong to an organization, and how that is known.

    Where there is no column for it, the first record that a row cannot be without is whose part it is.
    """
    found: dict[str, Place] = {}
    tables = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    tables = [model for model in tables if model._meta.db_table not in OF_NOBODY]
    for model in tables:
        if model._meta.label == "warehouses.Organization":
            found[model._meta.db_table] = Place("id")
        elif any(field.name == "organization" for field in model._meta.fields):
            found[model._meta.db_table] = Place("organization_id")
    waiting = [model for model in tables if model._meta.db_table not in found]
    while waiting:
        placed = {model._meta.db_table: place for model in waiting if (place := _whole(model, found))}
        if not placed:
            names = ", ".join(model._meta.db_table for model in waiting)
            raise LookupError(f"Whose the rows of {names} are cannot be told: name the tables in OF_NOBODY.")
        found |= placed
        waiting = [model for model in waiting if model._meta.db_table not in placed]
    return found


def _whole(model: type[models.Model], known: dict[str, Place]) -> Place | None:
    for field in model._meta.fields:
        related: Any = field.related_model
        if related is None or field.null or related is model:
            continue
        table = related._meta.db_table
        if table in known:
            target: Any = field
            return Place(target.column, table, target.target_field.column)
        if table not in OF_NOBODY:
            return None  # it is placed in a later round
    return None


def install(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """After each migration: the role, what it may do, and a policy for each table. Nothing where no role is named."""
    connection = connections[using]
    role = settings.DATABASE_APP_ROLE
    if not role or connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for statement in statements(connection, role):
            cursor.execute(statement)


def statements(connection: BaseDatabaseWrapper, role: str) -> list[str]:
    """What makes of the database, as it is, one in which `role` sees one organization. Those that are needed only."""
    name = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        is_there = cursor.fetchone() is not None
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role])
        if any(passes for (passes,) in cursor.fetchall()):
            raise PermissionError(f"DATABASE_APP_ROLE: {role} is bound by no policy. Take a role that is.")
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity,"
            " EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s)"
            " FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace",
            [POLICY],
        )
        there = {table: (is_on, has_policy) for table, is_on, has_policy in cursor.fetchall()}
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
    found = [] if is_there else [f"CREATE ROLE {name(role)} NOLOGIN", f"GRANT {name(role)} TO CURRENT_USER"]
    found.append(f"GRANT USAGE ON SCHEMA {name(schema)} TO {name(role)}")
    found.append(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {name(schema)} TO {name(role)}")
    placed = owners()
    reached = sorted(table for table in {*placed, *OF_NOBODY} if table in there)
    if reached:
        tables = ", ".join(map(name, reached))
        found.append(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {name(role)}")
    for table, place in placed.items():
        is_on, has_policy = there.get(table, (True, True))
        if not has_policy and (not place.whole or place.whole in there):
            found.append(f"CREATE POLICY {POLICY} ON {name(table)} USING ({_condition(name, table, place)})")
        if not is_on:
            found.append(f"ALTER TABLE {name(table)} ENABLE ROW LEVEL SECURITY")
    return found


def _condition(name: Callable[[str], str], table: str, place: Place) -> str:
    if place.whole:
        # What is whole is looked at with its own policy.
        part, whole = f"{name(table)}.{name(place.column)}", name(place.whole)
        return f"EXISTS (SELECT 1 FROM {whole} w WHERE w.{name(place.key)} = {part})"
    # In a query of its own it is looked up once for a statement, and not for each row.
    return f"{name(place.column)} = (SELECT nullif(current_setting('{SETTING}', true), '')::uuid)"


# --- how a connection is told


def guard_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """For Django's signal of a new connection."""
    if connection.vendor != "postgresql":
        return
    if not any(isinstance(wrapper, _Guard) for wrapper in connection.execute_wrappers):
        connection.execute_wrappers.insert(0, _Guard(connection))


class _Guard:
    """Stands before every statement of one connection.

    Role and setting are those of a transaction, so that no pooled connection keeps them. What the transaction has is
    remembered, and forgotten when it ends or a savepoint is rolled back, which takes them back too. A statement
    outside of a transaction is given one.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.worn: tuple[str, str] | None = None
        self.was_changed = False

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        confinement = _confinement.get()
        wanted: tuple[str, str] | None = None
        if confinement is not None and not confinement.across and settings.DATABASE_APP_ROLE:
            wanted = (settings.DATABASE_APP_ROLE, str(confinement.organization or ""))
        raw: Any = self.connection.connection
        status = raw.info.transaction_status.name
        if status == "IDLE":
            self.worn, self.was_changed = None, False
        if status in {"IDLE", "INTRANS"} and wanted != self.worn:
            if status == "IDLE" and raw.autocommit:
                return self._in_a_transaction(raw, wanted, execute, sql, params, many, context)
            with self.connection.wrap_database_errors:
                raw.execute(self._changed(wanted))
            self.worn, self.was_changed = wanted, True
        result = execute(sql, params, many, context)
        if self.was_changed and isinstance(sql, str) and sql.startswith("ROLLBACK TO"):
            self.worn = _UNKNOWN
        return result

    def _in_a_transaction(
        self, raw: Any, wanted: tuple[str, str] | None, execute: Callable[..., Any], *arguments: Any
    ) -> Any:
        with self.connection.wrap_database_errors:
            raw.execute(f"BEGIN; {self._changed(wanted)}")
        try:
            result = execute(*arguments)
        except BaseException:
            if not raw.closed:
                raw.rollback()
            raise
        with self.connection.wrap_database_errors:
            raw.commit()
        return result

    def _changed(self, wanted: tuple[str, str] | None) -> str:
        if wanted is None:
            return "SET LOCAL ROLE NONE"
        role, organization = wanted
        return (
            f"SET LOCAL ROLE {self.connection.ops.quote_name(role)}; SET LOCAL {SETTING} = '{organization}'"
        )
