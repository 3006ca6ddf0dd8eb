"""A form that is sent twice acts once, and both are told the same.

Each rendering of a form carries a token. What came of it is kept under the token, in the transaction of its effect.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from warehouses import transactions
from warehouses.access import Access
from warehouses.models import IdempotencyRecord

__all__ = ["claimed", "new_token", "once"]

_CLAIMED: Final = 102
_DONE: Final = 200
Told = dict[str, Any]


def new_token() -> str:
    return str(uuid4())


def once(access: Access, token: str, what: str, work: Callable[[], Told]) -> Told:
    """Do `work` in a transaction and keep what it tells; told again where the token has been used for `what`.

    `work` is repeatable, and raises refusals: then nothing is kept. A token that is none of ours is as good as none.
    """
    key = _key(token, what)
    if key is None:
        return transactions.run(work)

    def attempt() -> Told:
        kept = _kept(access, key)
        if kept is not None:
            return kept
        told = work()
        _records(access).create(**_owner(access), key=key, status=_DONE, body=json.dumps(told))
        return told

    try:
        return transactions.run(attempt)
    except IntegrityError:
        # Both pressed at the same instant; the other one has committed, or this is somebody else's fault.
        kept = _kept(access, key)
        if kept is None:
            raise
        return kept


def claimed(access: Access, token: str, what: str, work: Callable[[], Told]) -> Told | None:
    """The same for work of many transactions; None while it is still being done for the other one."""
    key = _key(token, what)
    if key is None:
        return work()
    try:
        with transaction.atomic():
            record = _records(access).create(**_owner(access), key=key, status=_CLAIMED, body="")
    except IntegrityError:
        return _kept(access, key)
    try:
        told = work()
    except BaseException:
        record.delete()
        raise
    record.status, record.body = _DONE, json.dumps(told)
    record.save(update_fields=("status", "body"))
    return told


def _key(token: str, what: str) -> str | None:
    try:
        return f"form:{UUID(token)}:{what}"[:255]
    except ValueError:
        return None


def _owner(access: Access) -> dict[str, Any]:
    return {
        "organization": access.organization,
        "caller": f"{access.actor.type.value}:{access.actor.id}",
        "fingerprint": "",
    }


def _records(access: Access) -> Any:
    return IdempotencyRecord.objects.filter(organization=access.organization)


def _kept(access: Access, key: str) -> Told | None:
    owner = _owner(access)
    record = _records(access).filter(caller=owner["caller"], key=key, status=_DONE).first()
    if record is None:
        return None
    told: Told = json.loads(record.body)
    return told
