"""A message broker in a folder, for installations without Redis.

kombu's file-system transport, made safe for one worker and any number of publishers. As it comes, a consumer can read
a message that is only half written, an empty file ends the worker, messages are ordered by a clock that starts again
at every reboot, and what a worker has taken is gone when the worker is killed. Here

- a message is written under `incoming/`, synced, and renamed into `messages/`: it is there whole or not at all;
- names begin with the wall clock's nanoseconds, so that the oldest message is the first, across reboots;
- a consumer renames a message into `claimed/`, for one of them only, and removes it when it is acknowledged;
- `take_over`, called when a worker starts, puts back what an earlier worker had claimed and not finished;
- what is no message, and what a consumer rejects for good, is kept in `dead/` for a person to look at;
- the table of bindings is replaced by a rename too, so that no publisher reads it half written;
- all folders are for the owner alone: whoever can write here can start tasks.

Delivery is at least once, so tasks must be repeatable, as with every broker.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import quote

import structlog
from kombu.transport import filesystem, virtual
from kombu.utils.json import dumps, loads

__all__ = ["Channel", "QoS", "Transport", "check", "take_over"]

Payload = dict[str, Any]

_FOLDERS = ("incoming", "messages", "claimed", "dead", "control")
_ABANDONED_SECONDS = 3600.0
_SLICE_SECONDS = 0.5
_log = structlog.get_logger(__name__)

#: The lock of this process's worker, held until the process ends.
_worker_locks: dict[Path, int] = {}


def prepare(folder: Path) -> None:
    """Make the broker's folders, or take back rights on them that are too wide."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _FOLDERS:
        (folder / name).mkdir(mode=0o700, exist_ok=True)
        if (folder / name).stat().st_mode & 0o077:
            (folder / name).chmod(0o700)


def check(folder: str | Path) -> None:
    """Raise OSError unless messages can be published in this folder."""
    folder = Path(folder)
    prepare(folder)
    probe = folder / "incoming" / f"probe-{uuid.uuid4()}"
    try:
        _write(probe, b"probe")
    finally:
        probe.unlink(missing_ok=True)


def take_over(folder: str | Path) -> int:
    """Put claimed messages back in the queue, and answer how many.

    A worker calls this once, before it consumes. While it lives, a second worker gets nothing: the messages are being
    worked on.
    """
    folder = Path(folder)
    prepare(folder)
    if not _lock_worker(folder):
        _log.warning("broker.second_worker", folder=str(folder))
        return 0
    for draft in (folder / "incoming").iterdir():
        with contextlib.suppress(FileNotFoundError):  # its publisher has just renamed it
            if time.time() - draft.stat().st_mtime > _ABANDONED_SECONDS:
                draft.unlink()
    count = 0
    for claimed in sorted((folder / "claimed").iterdir()):
        claimed.rename(folder / "messages" / claimed.name)
        count += 1
    if count:
        _log.warning("broker.requeued", messages=count)
    return count


def _lock_worker(folder: Path) -> bool:
    if folder in _worker_locks:
        return True
    descriptor = os.open(folder / "worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # A record lock, unlike flock, is not inherited: it ends with this process even when pool children outlive it.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the two that POSIX allows for "held by another process"
        os.close(descriptor)
        return False
    _worker_locks[folder] = descriptor
    return True


def _write(path: Path, content: bytes) -> None:
    """Write a new file, so that it survives a power failure once this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename in this folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class QoS(virtual.QoS):
    """Tells the channel what becomes of each claimed message."""

    channel: Channel

    def ack(self, delivery_tag: str) -> None:
        try:
            self.channel.finish(delivery_tag)
        finally:
            # Else the message goes on counting as being worked on, and after a few of these the worker takes no more.
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            if not requeue:
                self.channel.bury(delivery_tag)
        finally:
            super().reject(delivery_tag, requeue)


class Channel(filesystem.Channel):
    QoS = QoS

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self._claimed: dict[str | None, str] = {}  # delivery tag → file name in claimed/
        self._unacknowledged_queues: set[str] = set()
        prepare(self.folder)

    @cached_property
    def folder(self) -> Path:
        return Path(self.transport_options["folder"])

    @property
    def control_folder(self) -> Path:
        return self.folder / "control"

    # --- publishing

    # kombu's two base classes disagree on the name of the second argument, which is always given by position.
    def _put(self, queue: str, message: Payload, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{_quoted(queue)}.msg"
        draft = self.folder / "incoming" / name
        _write(draft, dumps(message).encode())
        draft.rename(self.folder / "messages" / name)
        _sync_folder(self.folder / "messages")

    # --- consuming

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Any, consumer_tag: str | None, **kwargs: Any
    ) -> Any:
        if no_ack:
            self._unacknowledged_queues.add(queue)
        return super().basic_consume(queue, no_ack, callback, consumer_tag, **kwargs)

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        message = super().basic_get(queue, no_ack, **kwargs)
        if no_ack and message is not None:
            self.finish(message.delivery_tag)
        return message

    def _get(self, queue: str, timeout: float | None = None) -> Payload:
        for name in sorted(self._names(queue)):
            claimed = self.folder / "claimed" / name
            try:
                (self.folder / "messages" / name).rename(claimed)
            except FileNotFoundError:
                continue  # another consumer was first
            try:
                payload = self._payload(claimed.read_bytes())
            except ValueError as error:
                claimed.rename(self.folder / "dead" / name)
                _log.error("broker.no_message", file=name, reason=str(error))
                continue
            if queue in self._unacknowledged_queues:
                claimed.unlink()
            else:
                self._claimed[payload["properties"]["delivery_tag"]] = name
            return payload
        raise Empty

    def _payload(self, content: bytes) -> Payload:
        """Decode a message; ValueError when it is none, which would otherwise end the worker further on."""
        try:
            payload = loads(content.decode())
            message = self.Message(payload, channel=self)
            tag, information = message.delivery_tag, message.delivery_info
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"not a message: {error!r}") from error
        if not isinstance(tag, str) or not isinstance(information, dict):
            raise ValueError("a message without its delivery tag and information")
        return payload

    def finish(self, delivery_tag: str | None) -> None:
        """Forget a message that was acknowledged."""
        name = self._claimed.pop(delivery_tag, None)
        if name is not None:
            (self.folder / "claimed" / name).unlink(missing_ok=True)

    def bury(self, delivery_tag: str | None) -> None:
        """Keep a message that nobody will handle."""
        name = self._claimed.pop(delivery_tag, None)
        if name is not None:
            (self.folder / "claimed" / name).rename(self.folder / "dead" / name)
            _log.error("broker.rejected", file=name)

    def _restore(self, message: virtual.Message) -> None:
        """Put a claimed message back in its place; one that was acknowledged meanwhile is claimed no more."""
        name = self._claimed.pop(message.delivery_tag, None)
        if name is not None:
            (self.folder / "claimed" / name).rename(self.folder / "messages" / name)

    def _restore_at_beginning(self, message: virtual.Message) -> None:
        """Requeue a rejected message behind the others: one that kills its worker must not keep them waiting."""
        name = self._claimed.pop(message.delivery_tag, None)
        if name is not None:
            later = f"{time.time_ns():020d}_{name.partition('_')[2]}"
            (self.folder / "claimed" / name).rename(self.folder / "messages" / later)

    # --- queues

    def _names(self, queue: str) -> Iterator[str]:
        """The files of exactly this queue: a name is `time_id`, the quoted queue, `msg`."""
        ending = f"{_quoted(queue)}.msg"
        with os.scandir(self.folder / "messages") as entries:
            for entry in entries:
                if entry.name.partition(".")[2] == ending:
                    yield entry.name

    def _size(self, queue: str) -> int:
        return sum(1 for _ in self._names(queue))

    def _purge(self, queue: str) -> int:
        count = 0
        for name in list(self._names(queue)):
            with contextlib.suppress(FileNotFoundError):  # a consumer was first: not purged, handled
                (self.folder / "messages" / name).unlink()
                count += 1
        return count

    def _delete(
        self,
        queue: str,
        exchange: str,
        routing_key: str | None,
        pattern: str | None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self._purge(queue)
        binding = (routing_key or "", pattern or "", queue)
        with self._bindings_lock():
            self._replace_table(exchange, [row for row in self.get_table(exchange) if row != binding])

    # --- bindings

    def get_table(self, exchange: str) -> list[Any]:
        try:
            rows = json.loads(self._table_file(exchange).read_bytes())
        except FileNotFoundError:
            return []
        return [filesystem.exchange_queue_t(*row) for row in rows]

    def _table_file(self, exchange: str) -> Path:
        return self.control_folder / f"{_quoted(exchange)}.exchange"

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue)
        if binding in self.get_table(exchange):
            return
        with self._bindings_lock():
            table = self.get_table(exchange)
            if binding not in table:
                self._replace_table(exchange, [binding, *table])

    def _replace_table(self, exchange: str, table: list[Any]) -> None:
        file = self._table_file(exchange)
        draft = file.with_name(f"{uuid.uuid4()}.draft")
        _write(draft, json.dumps(table).encode())
        draft.rename(file)
        _sync_folder(file.parent)

    @contextlib.contextmanager
    def _bindings_lock(self) -> Iterator[None]:
        with (self.control_folder / "lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed
            yield


def _quoted(name: str) -> str:
    """The name of a queue or exchange as part of a file name: no slash, nothing that names another folder."""
    return quote(name, safe="@")


class Transport(filesystem.Transport):
    Channel = Channel
    driver_name = "tallyhouse-files"

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        # kombu shares what was declared among all connections of the process, as if there were one folder only:
        # in a second one, or one that was removed meanwhile, nothing would be bound, and messages would go nowhere.
        self.state = virtual.BrokerState()

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        # A worker looks whether it is to stop only between two of these, and would wait two seconds each time.
        slice_ = None if timeout is None else min(timeout, _SLICE_SECONDS)
        super().drain_events(connection, timeout=slice_, **kwargs)
