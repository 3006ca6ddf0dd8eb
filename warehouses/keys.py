"""API keys: made, shown once, found again by their hash, revoked.

A key is `th_live_`, 32 random base62 characters (190 bits) and 6 of a checksum over these. The checksum lets a typo
or a guess be refused without a query, and a secret scanner recognise a leaked key offline; it is no secret. What is
stored is the first 16 characters, to find and to name the key, and a SHA-256 of the whole: with 190 random bits there
is nothing for a slow hash to protect.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import string
import zlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from warehouses import prepared
from warehouses.access import Access
from warehouses.actors import Actor, ActorType
from warehouses.models import ApiKey, Organization, User, Warehouse
from warehouses.permissions import expand, is_known, normalize
from warehouses.refusals import Forbidden, InvalidInput, NotFound, Problem

__all__ = ["create_key", "find_key", "revoke_key", "touch"]

_MARK = "th_live_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 32
_CHECKSUM_LENGTH = 6  # 62^6 is more than 2^32
_VISIBLE_LENGTH = 16
_SHAPE = re.compile(rf"{_MARK}([0-9A-Za-z]{{{_RANDOM_LENGTH}}})([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_CONTRACT = re.compile(r"[a-z]{1,12}")
_TOUCHED_EVERY = timedelta(minutes=1)

_log = structlog.get_logger(__name__)


def create_key(
    *,
    organization: Organization,
    actor: Actor,
    name: str,
    scopes: Iterable[str],
    warehouses: Collection[Warehouse] = (),
    contract: str = "",
    expires_at: datetime | None = None,
    created_by: User | None = None,
    granting: Access | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which is never to be had again.

    `granting` is the access of the person who makes the key: the key may do nothing that they may not. None is for
    commands and set-up, which answer to nobody. The key belongs to the organization and outlives its maker's account.

    Raises InvalidInput `INVALID_KEY` naming each bad input, NotFound `WAREHOUSE_NOT_FOUND` for a foreign warehouse,
    Forbidden `PERMISSION_DENIED` when the maker is a key or may not grant this much.
    """
    if actor.type == ActorType.KEY:
        raise Forbidden("PERMISSION_DENIED", "An API key cannot make API keys.")
    chosen = list(dict.fromkeys(normalize(scope) for scope in scopes))
    places = list(warehouses)
    name = name.strip()
    _check_form(name=name, scopes=chosen, contract=contract, expires_at=expires_at)
    if any(place.organization_id != organization.pk for place in places):
        raise NotFound("WAREHOUSE_NOT_FOUND", "There is no such warehouse.")
    if granting is not None:
        _check_grant(granting, organization, chosen, places)
    text = _new_text()
    with transaction.atomic():
        key = ApiKey.objects.create(
            organization=organization,
            name=name,
            visible_prefix=text[:_VISIBLE_LENGTH],
            digest=_digest(text),
            scopes=chosen,
            is_limited=bool(places),
            contract=contract,
            expires_at=expires_at,
            created_by=created_by,
        )
        key.warehouses.set(places)
    _log.info("key.created", key=key.visible_prefix, **_who(organization, actor))
    return key, text


def find_key(text: str) -> ApiKey | None:
    """The live key of an active organization that `text` is, with its organization and, on PostgreSQL, its warehouses.

    At most one query, at each request: what has been revoked opens nothing any more.
    """
    match = _SHAPE.fullmatch(text)
    if match is None or not secrets.compare_digest(_checksum(match[1]), match[2]):
        return None
    key = _read(text[:_VISIBLE_LENGTH])
    if key is None or not secrets.compare_digest(key.digest, _digest(text)):
        return None
    return key if key.is_live(timezone.now()) and key.organization.is_active else None


def _read(visible_prefix: str) -> ApiKey | None:
    if not prepared.is_possible():
        return ApiKey.objects.select_related("organization").filter(visible_prefix=visible_prefix).first()
    found = prepared.fetch_first(_BY_PREFIX, [visible_prefix])
    if not found:
        return None
    (row,) = found
    of_key, of_organization = row[: len(_KEY_NAMES)], row[len(_KEY_NAMES) : -1]
    key = ApiKey.from_db(DEFAULT_DB_ALIAS, _KEY_NAMES, of_key)
    key.scopes = json.loads(key.scopes)  # as Django's own field does
    key.organization = Organization.from_db(DEFAULT_DB_ALIAS, _ORGANIZATION_NAMES, of_organization)
    key.place_ids = frozenset(row[-1])
    return key


_KEY_NAMES = [field.attname for field in ApiKey._meta.concrete_fields]
_ORGANIZATION_NAMES = [field.attname for field in Organization._meta.concrete_fields]
_BY_PREFIX = (  # the columns are those of our own models
    "SELECT "  # noqa: S608
    + ", ".join(
        [f'k."{field.column}"' for field in ApiKey._meta.concrete_fields]
        + [f'o."{field.column}"' for field in Organization._meta.concrete_fields]
    )
    + ", ARRAY(SELECT warehouse_id FROM warehouses_apikey_warehouses WHERE apikey_id = k.id)"
    " FROM warehouses_apikey k JOIN warehouses_organization o ON o.id = k.organization_id"
    " WHERE k.visible_prefix = %s::varchar"
)


def revoke_key(*, organization: Organization, actor: Actor, key: ApiKey) -> None:
    """End a key now: the next request that shows it is refused. Revoking twice keeps the first time.

    Raises NotFound `KEY_NOT_FOUND` for a key of another organization.
    """
    if key.organization_id != organization.pk:
        raise NotFound("KEY_NOT_FOUND", "There is no such API key.")
    now = timezone.now()
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now):
        key.revoked_at = now
        _log.info("key.revoked", key=key.visible_prefix, **_who(organization, actor))


def touch(key: ApiKey) -> None:
    """Note that the key was used, at most once a minute: parallel requests must not queue up for its row."""
    now = timezone.now()
    if key.last_used_at is not None and now - key.last_used_at < _TOUCHED_EVERY:
        return
    unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - _TOUCHED_EVERY)
    try:
        ApiKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=now)
    except OperationalError:
        # A locked database must not turn a read away for the sake of a note about it.
        _log.warning("key.not_touched", key=key.visible_prefix, exc_info=True)


def _check_form(*, name: str, scopes: list[str], contract: str, expires_at: datetime | None) -> None:
    problems = [
        Problem("UNKNOWN_SCOPE", f"“{scope[:60]}” is no permission that a key can have.", field="scopes")
        for scope in scopes
        if not is_known(scope)
    ]
    if not scopes:
        problems.append(Problem("REQUIRED", "A key needs at least one scope.", field="scopes"))
    if not _NAME.fullmatch(name):
        problems.append(Problem("INVALID", "A name has 1 to 80 characters, on one line.", field="name"))
    known = getattr(settings, "API_CONTRACTS", None)
    if contract and not (contract in known if known else _CONTRACT.fullmatch(contract)):
        problems.append(Problem("INVALID", f"“{contract[:60]}” is no contract.", field="contract"))
    if expires_at is not None and expires_at <= timezone.now():
        problems.append(Problem("INVALID", "The key would have expired already.", field="expires_at"))
    if problems:
        raise InvalidInput("INVALID_KEY", " ".join(problem.detail for problem in problems), problems=problems)


def _check_grant(
    granting: Access, organization: Organization, scopes: list[str], places: list[Warehouse]
) -> None:
    """Fails closed: not allowed to manage keys, another organization, another key, or more than one has oneself."""
    if granting.actor.type == ActorType.KEY or granting.organization.pk != organization.pk:
        raise Forbidden("PERMISSION_DENIED", "Only a person of the organization can make its API keys.")
    granting.require("organization.manage")
    beyond = [
        scope
        for scope in sorted(expand(scopes))
        if not (
            all(granting.covers(scope, place.pk) for place in places)
            if places
            else granting.everywhere(scope)
        )
    ]
    if beyond:
        raise Forbidden(
            "PERMISSION_DENIED",
            f"A key cannot do more than its maker, who lacks {', '.join(beyond)} there.",
            problems=[
                Problem("PERMISSION_DENIED", f"You lack {scope} there.", field="scopes") for scope in beyond
            ],
            extra={"missing": beyond},
        )


def _who(organization: Organization, actor: Actor) -> dict[str, str]:
    return {
        "organization": organization.public_id,
        "actor_type": actor.type.value,
        "actor_id": str(actor.id or ""),
    }


def _new_text() -> str:
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return f"{_MARK}{random}{_checksum(random)}"


def _checksum(random: str) -> str:
    number = zlib.crc32(random.encode("ascii"))
    digits = []
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
