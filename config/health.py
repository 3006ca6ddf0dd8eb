"""The two probes: `/healthz` says that this process answers, `/readyz` that what it needs answers too."""

from __future__ import annotations

from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import broker
from warehouses.http.problems import problem_response

__all__ = ["healthz", "readyz"]

_TIMEOUT_SECONDS = 2
_log = structlog.get_logger(__name__)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all; restarting it would mend nothing else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database and the broker answer, else 503 that names which do not. Nothing of why: the log has it."""
    not_ready = [name for name, probe in _PROBES.items() if not _answers(name, probe)]
    if not not_ready:
        return JsonResponse({"status": "ready", "checks": dict.fromkeys(_PROBES, "ok")})
    return problem_response(
        request,
        status=503,
        code="NOT_READY",
        detail=f"Not ready: {', '.join(not_ready)}.",
        errors=[
            {"pointer": "", "code": "NOT_READY", "detail": f"The {name} does not answer."}
            for name in not_ready
        ],
        headers={"Retry-After": "5"},
    )


def _database() -> None:
    # A persistent connection that died with the server is replaced first: Django checks it at its first use here.
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    if settings.REDIS_URL:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
        ) as client:
            client.ping()
    else:
        broker.check(settings.DATA_DIR / "broker")


_PROBES: dict[str, Callable[[], None]] = {"database": _database, "broker": _broker}


def _answers(name: str, probe: Callable[[], None]) -> bool:
    try:
        probe()
    except Exception:  # noqa: BLE001 - whatever keeps it from answering, it is not ready
        _log.exception("readyz.failed", check=name)
        return False
    return True
