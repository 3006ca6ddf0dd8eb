"""One run: a business, its clients, the kills, the calm after them, and the verdict."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from inventory.models import Delivery, DeliveryState, Event
from tests.chaos import schedule
from tests.chaos.clients import Client
from tests.chaos.ground import Ground, lay
from tests.chaos.journal import Journal
from tests.chaos.product import SERVICES, Product
from tests.chaos.servers import Cluster, RedisServer, frozen
from tests.chaos.verdict import find_faults
from tests.events.receiver import Receiver

__all__ = ["Storm"]

_ROOT = Path(__file__).resolve().parents[2]
_STANDBY = "standby"
_LOOK_SECONDS = 0.1
#: In which somebody has to be served again.
_RECOVERY_SECONDS = 120.0
#: For the clients to settle what they do not know yet, and for everything to be delivered.
_CALM_SECONDS = 60.0
_DELIVERY_SECONDS = 90.0
_MOST_FAULTS = 40


class Storm:
    """Everything that a run has started is ended by `close`, however far it came."""

    def __init__(
        self,
        folder: Path,
        options: argparse.Namespace,
        *,
        primary: Cluster,
        standby: Cluster | None,
        redis: RedisServer,
        variables: Mapping[str, str],
    ) -> None:
        self.options = options
        self.primary = primary
        self.standby = standby
        self.redis = redis
        self.variables = dict(variables)
        self.product = Product(folder, variables)
        self.receiver = Receiver()
        self.journal = Journal()
        self.clients: list[Client] = []
        self.began = 0.0

    def run(self) -> int:
        """The exit status: 0 where every promise was kept."""
        options = self.options
        kills = [] if options.failover else schedule.draw(options.seed, options.seconds, options.victims)
        say(f"Seed {options.seed}: {options.seconds:g} seconds, {options.clients} clients.")
        for kill in kills:
            say(str(kill))
        began = time.monotonic()
        ground = self._set_up()
        say(f"Ready after {time.monotonic() - began:.0f} seconds.")
        self._start_clients(ground)
        if self.standby is None:
            self._endure(kills)
        else:
            self._fail_over(self.standby)
        self._calm_down()
        faults = self._judge(ground)
        self._report(faults)
        return 1 if faults else 0

    def close(self) -> None:
        for client in self.clients:
            client.stop(0)
        self.product.stop()
        self.redis.kill()
        for cluster in (self.standby, self.primary):
            if cluster is not None:
                cluster.kill()
        self.receiver.close()

    # --- before

    def _set_up(self) -> Ground:
        self.redis.start()
        self.primary.create()
        if self.options.copy_of:
            self.primary.copy_database(self.options.copy_of)
        else:
            call_command("migrate", verbosity=0)
        ground = lay(self.options.clients, self.receiver.url())
        if self.standby is not None:
            self._follow(self.standby)
        for name in SERVICES:
            self.product.start(name)
        self.product.wait_until_ready()
        return ground

    def _follow(self, standby: Cluster) -> None:
        """Have a standby beside the primary; where it is synchronous, no commit is acknowledged without it."""
        standby.follow(self.primary, _STANDBY)
        if self.options.replication == "sync":
            self.primary.require(_STANDBY)

    def _start_clients(self, ground: Ground) -> None:
        self.began = time.monotonic()
        for number in range(self.options.clients):
            client = Client(
                number, seed=self.options.seed, port=self.product.port, ground=ground, journal=self.journal
            )
            self.clients.append(client)
            client.start()

    # --- the storm

    def _endure(self, kills: list[schedule.Kill]) -> None:
        """Kill by the schedule, and start again what is due, until the time is over.

        Its clock stands still while what was started again has not shown yet that it works: on a slow machine a run
        takes longer, and is no other.
        """
        due = sorted((kill.at, number, "kill") for number, kill in enumerate(kills))
        while due:
            at, number, what = due.pop(0)
            self._wait_until(at)
            kill = kills[number]
            if what == "kill":
                self._kill(kill.victim)
                if kill.has_to_be_started:
                    due = sorted([*due, (self._now() + kill.down, number, "start")])
            else:
                self._start(kill.victim)
            if not any(step == "start" for _at, _number, step in due):
                self._wait_for_progress(str(kill))
        self._wait_until(self.options.seconds)

    def _wait_for_progress(self, after: str) -> None:
        """Until a write is acknowledged again."""
        before, stood = self.journal.acknowledged_count, time.monotonic()
        while self.journal.acknowledged_count == before:
            if time.monotonic() - stood > _RECOVERY_SECONDS:
                raise RuntimeError(
                    f"Nothing is acknowledged any more, {_RECOVERY_SECONDS:g} s after {after.strip()}"
                )
            self.product.look_after()
            time.sleep(_LOOK_SECONDS)
        self.began += time.monotonic() - stood

    def _fail_over(self, standby: Cluster) -> None:
        """The primary stops sending its log, is lost a moment later, and its standby takes over."""
        dice_of_time = 0.3 + 0.3 * (self.options.seed % 100) / 100
        self._wait_until(self.options.seconds * dice_of_time)
        say(f"{self._now():6.1f} s  the primary's log does not get through to the standby any more")
        senders = self.primary.walsenders()
        with frozen(senders):
            time.sleep(0.5 + self.options.seed % 10 / 10)
            say(f"{self._now():6.1f} s  kill -9 the primary")
            self.primary.kill()
        standby.promote()
        say(f"{self._now():6.1f} s  the standby is promoted")
        self._wait_until(self.options.seconds)

    def _kill(self, victim: str) -> None:
        name = victim.removesuffix("-children")
        if victim == "postgresql":
            self.primary.kill()
        elif victim == "redis":
            self.redis.kill()
        elif name != victim:
            self.product.kill_children(name)
        else:
            self.product.kill(name)

    def _start(self, victim: str) -> None:
        if victim == "postgresql":
            if self.primary.process is None:
                self.primary.start()
        elif victim == "redis":
            if self.redis.process is None:
                self.redis.start()
        elif victim not in self.product.running:
            self.product.start(victim)

    def _now(self) -> float:
        return time.monotonic() - self.began

    def _wait_until(self, at: float) -> None:
        while (left := at - self._now()) > 0:
            self.product.look_after()
            time.sleep(min(left, _LOOK_SECONDS))

    # --- afterwards

    def _calm_down(self) -> None:
        """Nobody is killed any more: the clients learn what they do not know, and everything is delivered."""
        self.product.wait_until_ready()
        for client in self.clients:
            client.stop(_CALM_SECONDS)
        while any(client.is_alive() for client in self.clients):
            self.product.look_after()
            time.sleep(_LOOK_SECONDS)
        for client in self.clients:
            if client.failure is not None:
                raise RuntimeError(f"{client.name} has failed") from client.failure
        connection.close()  # it may be one to a server that was killed
        deadline = time.monotonic() + _DELIVERY_SECONDS
        while time.monotonic() < deadline:
            self.product.look_after()
            # What a killed worker had taken is its own for a minute. Nobody waits for that here.
            waiting = Delivery.objects.filter(state=DeliveryState.PENDING)
            if not waiting.exists():
                break
            waiting.filter(next_attempt_at__gt=timezone.now()).update(next_attempt_at=timezone.now())
            time.sleep(2)

    def _judge(self, ground: Ground) -> list[str]:
        faults = list(
            find_faults(
                ground.organization,
                journal=self.journal,
                received=list(self.receiver.received),
                before=ground.before,
            )
        )
        verified = subprocess.run(
            [sys.executable, "manage.py", "verify_stock"],
            cwd=_ROOT,
            env=self.variables,
            text=True,
            capture_output=True,
            timeout=300,
            check=False,
        )
        if verified.returncode:
            faults += [f"verify_stock: {line}" for line in verified.stdout.splitlines()]
            faults.append(f"verify_stock: {verified.stderr.strip()}")
        if not self.journal.acknowledged or not Event.objects.exists():
            faults.append("nothing was written, so that nothing could be lost")
        return faults

    def _report(self, faults: list[str]) -> None:
        journal, times = self.journal, self.receiver.ids()
        say("")
        say(
            f"{len(journal.acknowledged):,} writes acknowledged, {len(journal.refused):,} refused,"
            f" {len(journal.unclear):,} unclear; {sum(write.tries > 1 for write in journal.writes):,} were sent"
            f" more than once, one of them {max((write.tries for write in journal.writes), default=0)} times."
        )
        kinds = Counter(write.kind for write in journal.acknowledged)
        say("; ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
        say("Answers: " + ", ".join(f"{count}× {what}" for what, count in journal.met.most_common()))
        say(
            f"{len(times):,} events received, {sum(count > 1 for count in times.values())} of them more than once."
        )
        if self.product.ended_by_itself:
            say(f"Ended without being killed: {dict(Counter(self.product.ended_by_itself))}")
        for fault in faults[:_MOST_FAULTS]:
            say(f"WRONG: {fault}")
        if len(faults) > _MOST_FAULTS:
            say(f"WRONG: … and {len(faults) - _MOST_FAULTS} more")
        say(
            "Something was lost."
            if faults
            else "Nothing is lost, nothing is there twice, the stock is right."
        )


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
