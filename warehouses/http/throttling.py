"""Rate limits: a sliding window per API key or person, in Redis where there is one, else in this process's memory.

Without Redis each web process counts for itself, so the limit is per process. With Redis the count is one atomic
script; when Redis is away requests are let through (a limiter must not be what takes the service down), which is
logged.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from warehouses.access import Access
from warehouses.http.faults import RequestFault
from warehouses.http.redis_windows import RedisWindows

__all__ = [
    "Quota",
    "ask",
    "consume",
    "count_failed_authentication",
    "forget_counts",
    "headers_of",
    "refuse_beyond",
]

WINDOW = 60  # seconds
FAILED_AUTHENTICATIONS_PER_MINUTE = 120
_PAUSE = 5.0  # seconds without asking a Redis that has just failed: each question would cost its time-out
_TIMEOUT = 0.5

_log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left: `remaining` requests of `limit`; more can be had in `reset` seconds."""

    policy: str
    limit: int
    remaining: int
    reset: int
    allowed: bool


class _Counter:
    """The process's one limiter, made at the first request: a forked worker must not inherit a socket or a lock."""

    def __init__(self) -> None:
        self.shared = bool(settings.REDIS_URL)
        storage = (
            RedisWindows(
                settings.REDIS_URL,
                key_prefix="tallyhouse:limits",
                wrap_exceptions=True,
                socket_timeout=_TIMEOUT,
                socket_connect_timeout=_TIMEOUT,
            )
            if self.shared
            else MemoryStorage()
        )
        self.limiter = SlidingWindowCounterRateLimiter(storage)
        # MemoryStorage drops and remakes its own locks, so that two threads can hold two locks of one key.
        self.lock = threading.Lock()
        self.asleep_until = 0.0

    def hit(self, policy: str, identity: str, limit: int) -> Quota:
        item = RateLimitItemPerMinute(limit)
        if self.shared:
            return self._hit(item, policy, identity)
        with self.lock:
            return self._hit(item, policy, identity)

    def ask(self, question: Callable[[SlidingWindowCounterRateLimiter], Answer], otherwise: Answer) -> Answer:
        if self.shared:
            return self._ask(question, otherwise)
        with self.lock:
            return self._ask(question, otherwise)

    def _ask(
        self, question: Callable[[SlidingWindowCounterRateLimiter], Answer], otherwise: Answer
    ) -> Answer:
        if time.monotonic() < self.asleep_until:
            return otherwise
        try:
            return question(self.limiter)
        except StorageError as error:
            self.asleep_until = time.monotonic() + _PAUSE
            _log.error("rate_limit.storage_failed", exc_info=error, pause=_PAUSE)
            return otherwise

    def _hit(self, item: RateLimitItemPerMinute, policy: str, identity: str) -> Quota:
        if time.monotonic() < self.asleep_until:
            return Quota(policy, item.amount, item.amount, WINDOW, allowed=True)
        try:
            allowed = self.limiter.hit(item, identity)
            stats = self.limiter.get_window_stats(item, identity)
        except StorageError as error:
            self.asleep_until = time.monotonic() + _PAUSE
            _log.error("rate_limit.storage_failed", exc_info=error, pause=_PAUSE)
            return Quota(policy, item.amount, item.amount, WINDOW, allowed=True)
        reset = min(WINDOW, max(1, math.ceil(stats.reset_time - time.time())))
        return Quota(policy, item.amount, stats.remaining if allowed else 0, reset, allowed)


_counters: list[_Counter] = []  # none or one
_making = threading.Lock()


def consume(access: Access) -> Quota:
    """Count one request of the caller: per key or person, up to the organization's limit or the installation's."""
    limit = access.organization.rate_limit or settings.RATE_LIMIT_PER_MINUTE
    return _the_counter().hit(access.actor.type.value, f"{access.actor.type.value}:{access.actor.id}", limit)


def ask(question: Callable[[SlidingWindowCounterRateLimiter], Answer], *, otherwise: Answer) -> Answer:
    """What the limiter says, for limits with windows of their own; `otherwise` while its Redis is away."""
    return _the_counter().ask(question, otherwise)


def refuse_beyond(quota: Quota) -> None:
    """Raise 429 `RATE_LIMITED` when the request was one too many."""
    if quota.allowed:
        return
    raise RequestFault(
        429,
        "RATE_LIMITED",
        f"More than {quota.limit} requests in a minute; try again in {quota.reset} s.",
        headers={"Retry-After": str(quota.reset)},
        extra={"violated-policies": [quota.policy]},
    )


def count_failed_authentication(request: HttpRequest) -> None:
    """Count a bad key against the address it came from; raise 429 beyond the limit. Good keys are never refused for it.

    Behind a proxy all callers share its address, which is why only the failing ones feel this.
    """
    address = request.META.get("REMOTE_ADDR") or "unknown"
    refuse_beyond(
        _the_counter().hit("authentication", f"authentication:{address}", FAILED_AUTHENTICATIONS_PER_MINUTE)
    )


def headers_of(quota: Quota) -> dict[str, str]:
    """The RateLimit header fields (draft-ietf-httpapi-ratelimit-headers-10)."""
    return {
        "RateLimit-Policy": f'"{quota.policy}";q={quota.limit};w={WINDOW}',
        "RateLimit": f'"{quota.policy}";r={quota.remaining};t={quota.reset}',
    }


def forget_counts() -> None:
    """Start counting anew with the present settings: for tests."""
    with _making:
        _counters.clear()


def _the_counter() -> _Counter:
    with _making:
        if not _counters:
            _counters.append(_Counter())
        return _counters[0]
