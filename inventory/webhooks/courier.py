"""The courier: takes what is due, sends it with many requests at once, and writes down what came of each.

Threads only talk HTTP. The database is asked and told by the one thread that runs the courier, which waits outside of
any transaction: no request, however slow, holds a lock or a connection. Several couriers may run at the same time, in
one process or many.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connections
from django.utils import timezone

from inventory.outgoing import Refused, Unreachable, send
from inventory.webhooks.claims import SLOTS, Claimed, claim, find_due
from inventory.webhooks.results import Outcome, record
from inventory.webhooks.signatures import signed_headers
from warehouses.sealing import Unreadable, unseal

__all__ = ["run"]

_DEADLINE_SECONDS = 15
_CONNECT_SECONDS = 5
_MOST_BYTES = 16_384
#: How often to look for what has become due, while requests are under way or others hold what is due.
_LOOK_EVERY_SECONDS = 0.2

_log = structlog.get_logger(__name__)


def run(*, seconds: float) -> bool:
    """Deliver what is due, for `seconds` at most and then until what is under way has ended; True: there is more.

    Ends sooner when nothing is due. It takes up to the deadline of a request (15 s) longer than `seconds`.
    """
    return _Courier(threads=settings.WEBHOOK_THREADS).run(seconds)


class _Courier:
    """One run. `under_way` are the requests; `line` the endpoints that wait for their turn, and whether they fail.

    Everyone in line gets one request before anyone gets a second, and goes to the end of the line with it. Half of
    the threads are out of reach for endpoints that are failing, and for the second, third and fourth request of the
    others: those that hang or are slow cannot take all of them.
    """

    def __init__(self, *, threads: int) -> None:
        self.threads = threads
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="webhook")
        self.under_way: dict[Future[Outcome], Claimed] = {}
        self.line: dict[UUID, bool] = {}
        self.next_look = 0.0

    def run(self, seconds: float) -> bool:
        closing_at = time.monotonic() + seconds
        try:
            while time.monotonic() < closing_at:
                is_waited_for = self._take_what_fits()
                if self.under_way:
                    done, _ = wait(self.under_way, timeout=_LOOK_EVERY_SECONDS, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._finish(future)
                elif is_waited_for:
                    time.sleep(_LOOK_EVERY_SECONDS)  # somebody else is at it
                else:
                    break
        finally:
            # Whatever ends the loop, what was sent is written down.
            for future in as_completed(list(self.under_way)):
                self._finish(future)
            self.pool.shutdown()
        return bool(find_due(timezone.now()))

    def _take_what_fits(self) -> bool:
        """Claim and send until nobody in line may have another request; True: it was seen that something is due."""
        has_looked = False
        while True:
            wanted = self._wanted()
            if wanted:
                self._take(wanted)
            elif has_looked or not self._look():
                return has_looked
            else:
                has_looked = True

    def _wanted(self) -> Counter[UUID]:
        """How many deliveries to ask for, of which endpoints."""
        wanted: Counter[UUID] = Counter()
        busy = Counter(claimed.endpoint_id for claimed in self.under_way.values())
        failing = sum(claimed.is_failing for claimed in self.under_way.values())
        half = self.threads // 2
        for turn in range(SLOTS):
            if turn and not wanted:
                break  # nobody may have one now: the line can be long, and need not be asked again
            for endpoint_id, is_failing in self.line.items():
                taken = len(self.under_way) + wanted.total()
                if taken >= self.threads:
                    return wanted
                mine = busy[endpoint_id] + wanted[endpoint_id]
                if wanted[endpoint_id] < turn or mine >= (1 if is_failing else SLOTS):
                    continue
                if (mine and taken >= half) or (is_failing and failing >= half):
                    continue
                wanted[endpoint_id] += 1
                failing += is_failing
        return wanted

    def _take(self, wanted: Counter[UUID]) -> None:
        claims = claim(wanted, now=timezone.now())
        for claimed in claims:
            self.under_way[self.pool.submit(_attempt, claimed)] = claimed
        got = Counter(claimed.endpoint_id for claimed in claims)
        for endpoint_id, count in wanted.items():
            is_failing = self.line.pop(endpoint_id)
            if got[endpoint_id] == count:  # there may be more
                self.line[endpoint_id] = is_failing

    def _look(self) -> bool:
        """Let those that have become due join the line; False: there are none, or it is too early to look again."""
        if self.under_way and (len(self.under_way) >= self.threads or time.monotonic() < self.next_look):
            return False
        due = find_due(timezone.now())
        self.next_look = time.monotonic() + _LOOK_EVERY_SECONDS
        self.line |= due
        return bool(due)

    def _finish(self, future: Future[Outcome]) -> None:
        """Write down one result. What goes wrong with it concerns no other: its lease runs out, and it is due again."""
        claimed = self.under_way.pop(future)
        try:
            record(claimed, future.result(), now=timezone.now())
        except Exception:  # noqa: BLE001 - said with its traceback, and the delivery is not lost
            _log.exception("webhook.not_recorded", **claimed.names)


def _attempt(claimed: Claimed) -> Outcome:
    """Send it once. Whatever happens is an outcome, which the schedule and the log of deliveries know how to treat."""
    started_at = timezone.now()
    began = time.monotonic()
    headers: dict[str, str] = {}
    address = None
    try:
        headers = _headers(claimed, timestamp=int(started_at.timestamp()))
        answer = send(
            "POST",
            claimed.url,
            headers=headers,
            body=claimed.body,
            deadline_seconds=_DEADLINE_SECONDS,
            connect_seconds=_CONNECT_SECONDS,
            most_bytes=_MOST_BYTES,
        )
    except Unreachable as error:
        reason, address = error.detail, error.address
    except (Refused, Unreadable) as error:
        reason = str(error)
    except Exception:  # noqa: BLE001 - said with its traceback, and tried again
        _log.exception("webhook.crashed", **claimed.names)
        reason = "It could not be sent for an error on our side. The worker's log has it."
    else:
        return Outcome(
            started_at=started_at,
            duration_ms=answer.duration_ms,
            request_headers=headers,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            address=answer.address,
            error="Redirects are not followed." if 300 <= answer.status < 400 else "",
        )
    finally:
        connections.close_all()  # it opens none; one that somebody's code did open must not stay behind
    return Outcome(
        started_at=started_at,
        duration_ms=round((time.monotonic() - began) * 1000),
        request_headers=headers,
        address=address,
        error=reason,
    )


def _headers(claimed: Claimed, *, timestamp: int) -> dict[str, str]:
    signing = [unseal(sealed) for sealed in claimed.sealed_secrets]
    return {
        "content-type": "application/json",
        "user-agent": "Tallyhouse-Webhooks/1",
        **signed_headers(signing, message_id=claimed.message_id, timestamp=timestamp, body=claimed.body),
    }
