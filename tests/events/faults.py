"""Faults that are planted in the product's processes, those that PLANTED_FAULTS names, with commas between.

Some are accidents, which nothing may be lost by. The others break a promise on purpose: a test that has never failed
proves nothing, and with these the same test must see what it is there to see.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings

__all__ = ["Faults"]


class Faults(AppConfig):
    name = "tests.events"
    label = "planted_faults"

    def ready(self) -> None:
        for name in os.environ["PLANTED_FAULTS"].split(","):
            _FAULTS[name]()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# --- accidents


def _die_before_publishing() -> None:
    """Everything is committed, and the worker has not been told."""
    from inventory import outbox

    outbox.wakers[:] = [_die]


def _die_before_committing() -> None:
    """Everything is written, and what there is of it goes to a file; then the process dies."""
    from inventory import outbox
    from inventory.models import Delivery, Event, Movement

    def count_and_die() -> None:
        counts = {model.__name__: model.objects.count() for model in (Event, Delivery, Movement)}
        (settings.DATA_DIR / "written").write_text(json.dumps(counts))
        _die()

    _after(count_and_die, outbox)


def _die_before_noting() -> None:
    """The receiver has answered, and nobody has written it down."""
    from inventory.webhooks import courier

    courier.record = lambda *arguments, **options: _die()


# --- broken promises


def _deliver_before_committing() -> None:
    """Send what is due before the transaction ends that made it due."""
    from inventory import outbox
    from inventory.webhooks import courier

    _after(lambda: courier.run(seconds=5), outbox)


def _ring_before_committing() -> None:
    """Wake the worker inside the transaction, and commit when it has looked: the test says when that is."""
    from inventory import outbox

    def ring_and_wait() -> None:
        for wake in outbox.wakers:
            wake()
        _wait_for(settings.DATA_DIR / "looked")

    outbox.wake_on_commit = ring_and_wait


def _claim_for_ever() -> None:
    """What a worker has taken stays taken when it dies."""
    from inventory.webhooks import claims

    claims.LEASE = timedelta(days=1)


def _send_one_by_one() -> None:
    """The first loop that everybody writes: one request after another."""
    from inventory.webhooks import courier

    plain = courier._Courier.__init__
    courier._Courier.__init__ = lambda self, *, threads: plain(self, threads=1)


def _never_be_silent() -> None:
    """Ask a broker that is away again for each change."""
    from warehouses import tasks

    tasks._SECONDS_OF_SILENCE = 0.0


def _after(more: Callable[[], object], outbox: Any) -> None:
    """Do more in the transaction, once event and deliveries are in the outbox."""
    plain = outbox.wake_on_commit

    def wake_on_commit() -> None:
        plain()
        more()

    outbox.wake_on_commit = wake_on_commit


def _wait_for(file: Path) -> None:
    deadline = time.monotonic() + 10
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


_FAULTS = {
    "die-before-publishing": _die_before_publishing,
    "die-before-committing": _die_before_committing,
    "die-before-noting": _die_before_noting,
    "deliver-before-committing": _deliver_before_committing,
    "ring-before-committing": _ring_before_committing,
    "claim-for-ever": _claim_for_ever,
    "send-one-by-one": _send_one_by_one,
    "never-be-silent": _never_be_silent,
}
