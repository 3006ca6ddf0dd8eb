"""How the stock of a location is learned from its point of sale: connected, changed, disconnected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import structlog
from django.db import IntegrityError, transaction

from inventory.models import Adapter, PosConnection
from inventory.outgoing import Refused, Target, check_url, resolve
from inventory.sync.csv_drop import prepare_folder
from inventory.sync.feeds import Broken, Unavailable
from inventory.sync.http_feed import PARAMETERS
from inventory.sync.rights import require_in
from inventory.sync.runs import in_progress, open_run
from warehouses.access import Access
from warehouses.models import Warehouse
from warehouses.records import validate
from warehouses.refusals import Conflict, InvalidInput, NotFound, Problem
from warehouses.sealing import seal

__all__ = ["change_connection", "connect", "disconnect"]

#: One segment of a path that cannot be mistaken for another: no leading dot, nothing that a shell or a URL would read.
_FOLDER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", re.ASCII)
_TOKEN: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)
_LONGEST_SECRET: Final = 2_000
_FIELDS = ("adapter", "url", "folder", "username", "secret", "interval_minutes", "is_active", "cursor")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How a location shall be connected. `secret` None keeps the one that there is."""

    adapter: str
    url: str
    folder: str
    username: str
    secret: str | None
    interval_minutes: int | None
    is_active: bool


def connect(
    *,
    access: Access,
    warehouse: Warehouse,
    adapter: str,
    url: str = "",
    folder: str = "",
    username: str = "",
    secret: str = "",
    interval_minutes: int | None = None,
    is_active: bool = True,
) -> PosConnection:
    """Connect a location with its point of sale, once. Runs in the caller's transaction.

    An HTTP feed has a `url` and, where it asks for one, a password (with `username`: Basic) or a token (without:
    Bearer) as `secret`, which is stored sealed; the host is looked up now. A CSV drop has a `folder`, which is made
    under `settings.POS_DROP_DIR`. With `interval_minutes`, changes are synced by the clock.

    Needs `integrations.manage` in the warehouse. Raises Forbidden, NotFound `WAREHOUSE_NOT_FOUND`, Conflict
    `POS_ALREADY_CONNECTED`, and InvalidInput `INVALID_INPUT` with a problem for each bad field.
    """
    require_in(access, "integrations.manage", warehouse)
    connection = PosConnection(organization=access.organization, warehouse=warehouse)
    wanted = _Wanted(adapter, url.strip(), folder, username.strip(), secret, interval_minutes, is_active)
    if PosConnection.objects.filter(warehouse=warehouse).exists():
        raise _already(warehouse)
    _fill(connection, wanted)
    _save(connection)
    _tell("sync.connected", access, connection)
    return connection


def change_connection(
    *,
    access: Access,
    connection: PosConnection,
    adapter: str,
    url: str = "",
    folder: str = "",
    username: str = "",
    secret: str | None = None,
    interval_minutes: int | None = None,
    is_active: bool = True,
) -> PosConnection:
    """Connect a location anew, as `connect` does; `secret` None keeps the one that there is, "" removes it.

    Another adapter, address or folder forgets how far changes were taken over, and waits for the end of a run. A kept
    secret goes to no other host: it has to be entered again. A connection that is not active fails its run.

    Raises as `connect` does, Conflict `SYNC_IN_PROGRESS` with the `run_id`, `POS_CONNECTION_CHANGED`
    (by somebody else meanwhile), NotFound `POS_CONNECTION_NOT_FOUND`.
    """
    require_in(access, "integrations.manage", connection.warehouse)
    wanted = _Wanted(adapter, url.strip(), folder, username.strip(), secret, interval_minutes, is_active)
    changed = _read(connection)
    before = _place(changed)
    _fill(changed, wanted)
    current = _read(connection, locked=True)
    if before != _place(current):
        raise Conflict(
            "POS_CONNECTION_CHANGED", "Somebody else has just changed this connection: look again."
        )
    changed.cursor = current.cursor
    if _place(changed) != before:
        _refuse_while_running(changed.warehouse)
        changed.cursor = ""
    _save(changed)
    _tell("sync.connection_changed", access, changed)
    return changed


def disconnect(*, access: Access, connection: PosConnection) -> None:
    """Forget how a location is connected. Which changes it has had stays known: none is ever counted again.

    Runs in the caller's transaction. Needs `integrations.manage` in the warehouse. Raises Forbidden, NotFound,
    Conflict `SYNC_IN_PROGRESS` with the `run_id`.
    """
    require_in(access, "integrations.manage", connection.warehouse)
    current = _read(connection, locked=True)
    _refuse_while_running(connection.warehouse)
    current.delete()
    _tell("sync.disconnected", access, connection)


def _place(connection: PosConnection) -> tuple[str, str, str]:
    """Where its rows come from."""
    return connection.adapter, connection.url, connection.folder


def _read(connection: PosConnection, *, locked: bool = False) -> PosConnection:
    """The row of this instant: what the caller holds may be older."""
    rows = PosConnection.objects.select_related("warehouse")
    if locked:
        rows = rows.select_for_update(of=("self",), no_key=True)
    current = rows.filter(pk=connection.pk).first()
    if current is None:
        raise NotFound("POS_CONNECTION_NOT_FOUND", "The connection has just been removed.")
    return current


def _refuse_while_running(warehouse: Warehouse) -> None:
    run = open_run(warehouse)
    if run is not None:
        raise in_progress(warehouse, run)


def _fill(connection: PosConnection, wanted: _Wanted) -> None:
    """Set what is wanted, or raise InvalidInput with every problem; looks up the host of a new address."""
    problems: list[Problem] = []
    if wanted.adapter == Adapter.CSV_DROP:
        _fill_drop(connection, wanted, problems)
    else:
        _fill_feed(connection, wanted, problems)
    connection.adapter = wanted.adapter
    connection.interval_minutes = wanted.interval_minutes
    connection.is_active = wanted.is_active
    try:
        validate(connection)
    except InvalidInput as refusal:
        named = {problem.field for problem in problems}
        problems += [problem for problem in refusal.problems if problem.field not in named]
    if not problems and connection.folder:
        problems += _prepare(connection)
    if problems:
        first = problems[0]
        raise InvalidInput("INVALID_INPUT", f"{first.field}: {first.detail}", problems=problems)


def _fill_feed(connection: PosConnection, wanted: _Wanted, problems: list[Problem]) -> None:
    url = wanted.url
    try:
        target = check_url(url)
        if target.url != connection.url:
            resolve(target)
    except Refused as refusal:
        problems.append(_problem("url", refusal.detail))
    else:
        ours = sorted(
            {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)} & PARAMETERS
        )
        if ours:
            problems.append(_problem("url", f"The parameter {ours[0]} is ours to send: leave it out."))
        if wanted.secret is None and connection.secret and not _is_same_host(connection.url, target):
            problems.append(_problem("secret", "Enter it again: it was given for another host."))
        url = target.url
    if wanted.folder:
        problems.append(_problem("folder", "An HTTP feed has no folder."))
    if ":" in wanted.username or not wanted.username.isprintable():
        problems.append(_problem("username", "A user name has no colon and no invisible characters."))
    secret = wanted.secret
    if secret:
        if len(secret) > _LONGEST_SECRET:
            problems.append(_problem("secret", f"It is longer than {_LONGEST_SECRET:,} characters."))
        elif not (secret.isprintable() if wanted.username else _TOKEN.fullmatch(secret)):
            problems.append(_problem("secret", "It has characters in it that cannot be sent."))
    connection.url, connection.folder, connection.username = url, "", wanted.username
    if secret is not None:
        connection.secret = seal(secret) if secret else ""


def _fill_drop(connection: PosConnection, wanted: _Wanted, problems: list[Problem]) -> None:
    given = {"url": wanted.url, "username": wanted.username, "secret": wanted.secret}
    problems += [_problem(name, "A CSV drop has none.") for name, value in given.items() if value]
    if not _FOLDER.fullmatch(wanted.folder):
        problems.append(
            _problem(
                "folder",
                "A folder's name has up to 80 letters, digits and - _ . and begins with one of the first two.",
            )
        )
    elif PosConnection.objects.exclude(pk=connection.pk).filter(folder__iexact=wanted.folder).exists():
        problems.append(_taken())
    connection.url, connection.username, connection.secret = "", "", ""
    connection.folder = wanted.folder


def _is_same_host(url: str, target: Target) -> bool:
    """Whether a secret that was entered for `url` may be sent to `target`."""
    try:
        before = check_url(url)
    except Refused:
        return False
    return (before.scheme, before.host, before.port) == (target.scheme, target.host, target.port)


def _prepare(connection: PosConnection) -> list[Problem]:
    try:
        prepare_folder(connection.folder, connection.warehouse.public_id)
    except Broken as problem:
        return [_problem("folder", str(problem))]
    except Unavailable as problem:
        # It is the worker that reads it, perhaps on another machine: the first run makes it there, or says why not.
        _log.warning("sync.folder_not_made", folder=connection.folder, reason=str(problem))
    return []


def _save(connection: PosConnection) -> None:
    try:
        with transaction.atomic():
            if connection._state.adding:
                connection.save(force_insert=True)
            else:
                connection.save(update_fields=_FIELDS)
    except IntegrityError as error:  # another request was first, in this very moment
        others = PosConnection.objects.exclude(pk=connection.pk)
        if others.filter(warehouse=connection.warehouse_id).exists():
            raise _already(connection.warehouse) from error
        if others.filter(folder=connection.folder).exists():
            problem = _taken()
            raise InvalidInput("INVALID_INPUT", f"folder: {problem.detail}", problems=[problem]) from error
        raise


def _already(warehouse: Warehouse) -> Conflict:
    return Conflict("POS_ALREADY_CONNECTED", f"{warehouse.name} is connected to a point of sale already.")


def _taken() -> Problem:
    return _problem("folder", "This folder is taken: choose another name.")


def _problem(field: str, detail: str) -> Problem:
    return Problem("INVALID_INPUT", detail, field=field)


def _tell(event: str, access: Access, connection: PosConnection) -> None:
    _log.info(
        event,
        warehouse=connection.warehouse.public_id,
        adapter=str(connection.adapter),
        actor_type=access.actor.type.value,
        actor_id=str(access.actor.id or ""),
    )
