"""The folder broker: what was published arrives, whole, in order, and survives whoever had taken it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Consumer, Exchange, Producer, Queue

from config import broker

Python = Callable[[str], subprocess.Popen[str]]

TASKS = Queue("tasks", Exchange("tasks"), routing_key="tasks")


def connect(folder: Path) -> Connection:
    return Connection(
        "filesystem://localhost",
        transport="config.broker.Transport",
        transport_options={"folder": str(folder), "polling_interval": 0.01},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "broker"


@pytest.fixture
def connection(folder: Path) -> Iterator[Connection]:
    with connect(folder) as connection:
        yield connection


def publish(connection: Connection, *bodies: object, queue: Queue = TASKS) -> None:
    with connection.channel() as channel:
        producer = Producer(channel)
        for body in bodies:
            producer.publish(
                body,
                exchange=queue.exchange,
                routing_key=queue.routing_key,
                declare=[queue],
                serializer="json",
            )


def files(folder: Path, name: str) -> list[Path]:
    return sorted((folder / name).iterdir())


@pytest.fixture
def python(folder: Path) -> Iterator[Python]:
    """Start another process that runs some code on this folder."""
    started: list[subprocess.Popen[str]] = []
    prelude = f"""
import pathlib, time
from config import broker
from tests.config.test_broker import TASKS, connect, take
folder = pathlib.Path({str(folder)!r})
"""

    def start(code: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", prelude + code]
        started.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=30)


def take(channel: Any, queue: str = "tasks") -> Any:
    return channel.basic_get(queue)


def test_messages_arrive_once_in_order_and_leave_nothing(connection: Connection, folder: Path) -> None:
    publish(connection, *range(20))
    with connection.channel() as channel:
        received = []
        while message := take(channel):
            received.append(message.payload)
            message.ack()
    assert received == list(range(20))
    assert [files(folder, name) for name in ("incoming", "messages", "claimed", "dead")] == [[], [], [], []]


def test_a_taken_message_stays_on_disk_until_it_is_acknowledged(connection: Connection, folder: Path) -> None:
    publish(connection, "work")
    with connection.channel() as channel:
        message = take(channel)
        assert (len(files(folder, "messages")), len(files(folder, "claimed"))) == (0, 1)
        message.ack()
        assert (len(files(folder, "messages")), len(files(folder, "claimed"))) == (0, 0)


def test_closing_a_channel_puts_back_what_it_had_taken(connection: Connection, folder: Path) -> None:
    publish(connection, "first", "second")
    before = files(folder, "messages")
    with connection.channel() as channel:
        assert take(channel).payload == "first"
    assert files(folder, "messages") == before  # under its old name: it is still the first
    assert files(folder, "claimed") == []


def test_a_requeued_message_goes_behind_the_others(connection: Connection) -> None:
    publish(connection, "breaks", "waits")
    with connection.channel() as channel:
        take(channel).requeue()
        received = [take(channel), take(channel)]
        assert [message.payload for message in received] == ["waits", "breaks"]


def test_a_rejected_message_is_kept_for_a_person(connection: Connection, folder: Path) -> None:
    publish(connection, "nobody handles this")
    with connection.channel() as channel:
        take(channel).reject()
        assert take(channel) is None
    assert len(files(folder, "dead")) == 1
    assert files(folder, "claimed") == []


@pytest.mark.parametrize("act", ["ack", "reject"])
def test_a_folder_that_is_gone_for_a_moment_does_not_use_up_the_prefetch(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    publish(connection, "first", "second")
    with connection.channel() as channel:
        channel.basic_qos(0, 1, False)
        message = take(channel)
        assert not channel.qos.can_consume()

        def gone(*args: object, **kwargs: object) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", gone)
            patch.setattr(Path, "rename", gone)
            with pytest.raises(OSError, match="Input/output"):
                getattr(message, act)()
        assert channel.qos.can_consume()


def test_a_consumer_that_does_not_acknowledge_leaves_nothing(connection: Connection, folder: Path) -> None:
    publish(connection, "notice")
    received = []
    with connection.channel() as channel, Consumer(channel, [TASKS], no_ack=True) as consumer:
        consumer.register_callback(lambda body, message: received.append(body))
        connection.drain_events(timeout=2)
    assert received == ["notice"]
    assert files(folder, "claimed") == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"body": "cut o',
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"properties": null}',
        b'{"properties": {}}',
        b'{"properties": {"delivery_tag": ["list"], "delivery_info": {}}, "body": ""}',
        b'{"properties": {"delivery_tag": "t", "delivery_info": {}, "body_encoding": "base64"}, "body": "a"}',
        b'{"properties": {"delivery_tag": "t", "delivery_info": {}, "body_encoding": "rot13"}, "body": "x"}',
    ],
)
def test_a_file_that_is_no_message_is_set_aside_and_the_next_one_served(
    connection: Connection, folder: Path, content: bytes
) -> None:
    publish(connection, "good")
    broken = folder / "messages" / f"{0:020d}_x.tasks.msg"
    broken.write_bytes(content)
    with connection.channel() as channel:
        assert take(channel).payload == "good"
    assert [file.read_bytes() for file in files(folder, "dead")] == [content]


def test_queues_are_told_apart_by_their_whole_name(connection: Connection) -> None:
    longer = Queue("other.tasks", Exchange("other"), routing_key="other")
    slashed = Queue("../tasks", Exchange("../up"), routing_key="up")
    publish(connection, "for the longer", queue=longer)
    publish(connection, "for the slashed", queue=slashed)
    with connection.channel() as channel:
        assert take(channel) is None
        assert channel._size("tasks") == 0
        assert channel.queue_purge("tasks") == 0
        assert take(channel, "other.tasks").payload == "for the longer"
        assert take(channel, "../tasks").payload == "for the slashed"


def test_purging_and_deleting_a_queue(connection: Connection, folder: Path) -> None:
    publish(connection, 1, 2, 3)
    with connection.channel() as channel:
        assert channel.queue_purge("tasks") == 3
        assert channel.get_table("tasks") != []
        channel.queue_delete("tasks")
        assert channel.get_table("tasks") == []
    assert files(folder, "messages") == []


def test_folders_are_for_the_owner_alone(folder: Path) -> None:
    (folder / "messages").mkdir(parents=True, mode=0o755)
    (folder / "messages").chmod(0o755)
    with connect(folder) as connection:
        publish(connection, "secret")
    for name in ("incoming", "messages", "claimed", "dead", "control"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name
    assert files(folder, "messages")[0].stat().st_mode & 0o077 == 0


def test_an_order_by_wall_clock_survives_a_reboot(connection: Connection, folder: Path) -> None:
    before = time.time_ns()
    publish(connection, "x")
    number = int(files(folder, "messages")[0].name.split("_")[0])
    assert before <= number <= time.time_ns()


def test_a_publisher_never_shows_a_message_before_it_is_whole(
    connection: Connection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    fsync = os.fsync

    def looking(descriptor: int) -> None:
        seen.append((len(files(folder, "incoming")), len(files(folder, "messages"))))
        fsync(descriptor)

    publish(connection)  # the folders
    with connection.channel() as channel:
        TASKS(channel).declare()
        monkeypatch.setattr(os, "fsync", looking)
        Producer(channel).publish("x", exchange=TASKS.exchange, routing_key="tasks")
    # Written and synced aside first; then renamed, and the rename synced.
    assert seen == [(1, 0), (0, 1)]


def test_check_answers_for_a_folder_that_takes_messages(folder: Path) -> None:
    broker.check(folder)
    assert files(folder, "incoming") == []


def test_check_refuses_a_folder_that_takes_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="file"):
        broker.check(tmp_path / "file")


# --- a worker that was killed; each in a process of its own, as locks belong to processes


TAKE_ONE_AND_WAIT = """
print(broker.take_over(folder))
connection = connect(folder)
channel = connection.channel()
print(take(channel).payload, flush=True)
time.sleep(60)
"""


def test_what_a_killed_worker_had_taken_is_taken_over(
    connection: Connection, folder: Path, python: Python
) -> None:
    publish(connection, "unfinished", "waiting")
    worker = python(TAKE_ONE_AND_WAIT)
    assert worker.stdout is not None
    assert [worker.stdout.readline(), worker.stdout.readline()] == ["0\n", "unfinished\n"]

    second = python("print(broker.take_over(folder))")
    assert (
        second.communicate(timeout=30)[0].splitlines()[-1] == "0"
    )  # the first one is alive and at work on it
    assert len(files(folder, "claimed")) == 1

    worker.send_signal(signal.SIGKILL)
    worker.communicate(timeout=30)
    third = python("print(broker.take_over(folder))")
    assert third.communicate(timeout=30)[0].splitlines()[-1] == "1"
    with connection.channel() as channel:
        assert [take(channel).payload, take(channel).payload] == ["unfinished", "waiting"]


def test_taking_over_sweeps_drafts_of_publishers_that_died_long_ago(folder: Path) -> None:
    broker.prepare(folder)
    old, new = folder / "incoming" / "old", folder / "incoming" / "new"
    old.write_text("half a mess")
    new.write_text("half a mess")
    os.utime(old, (time.time() - 7200,) * 2)
    assert broker.take_over(folder) == 0
    assert files(folder, "incoming") == [new]


PUBLISH = """
from kombu import Producer
with connect(folder) as connection, connection.channel() as channel:
    for number in range(250):
        Producer(channel).publish(
            [{who}, number], exchange=TASKS.exchange, routing_key="tasks", declare=[TASKS], serializer="json"
        )
"""

CONSUME = """
import json
idle = 0
with connect(folder) as connection, connection.channel() as channel:
    while idle < 200:
        message = take(channel)
        if message is None:
            idle += 1
            time.sleep(0.01)
            continue
        idle = 0
        print(json.dumps(message.payload))
        message.ack()
"""


def test_concurrent_publishers_and_consumers_lose_and_double_nothing(folder: Path, python: Python) -> None:
    publishers = [python(PUBLISH.format(who=who)) for who in (1, 2)]
    consumers = [python(CONSUME) for _ in range(2)]
    received = [
        tuple(json.loads(line))
        for consumer in consumers
        for line in consumer.communicate(timeout=90)[0].splitlines()
    ]
    assert [publisher.wait(timeout=30) for publisher in publishers] == [0, 0]
    assert sorted(received) == [(who, number) for who in (1, 2) for number in range(250)]
    assert files(folder, "dead") == []


def test_bindings_are_whole_while_others_write_them(folder: Path, python: Python) -> None:
    code = """
from kombu import Exchange, Queue
with connect(folder) as connection, connection.channel() as channel:
    for number in range(40):
        Queue(f"q-{who}-{{number}}", Exchange("shared"), routing_key=f"{who}-{{number}}")(channel).declare()
"""
    binders = [python(code.format(who=who)) for who in (1, 2, 3)]
    tables: list[int] = []
    with connect(folder) as connection, connection.channel() as channel:
        while any(binder.poll() is None for binder in binders):
            tables.append(len(channel.get_table("shared")))
        assert len(channel.get_table("shared")) == 120
    assert [binder.wait(timeout=30) for binder in binders] == [0, 0, 0]
    assert tables == sorted(tables)


# --- the product's own worker on top of it

TASK_MODULE = """
import os, pathlib, time
from config.celery import app

folder = pathlib.Path(os.environ["DATA_DIR"])

@app.task(name="slow")
def slow(number):
    (folder / f"started-{number}-{time.time_ns()}").touch()
    while (folder / "hold").exists():
        time.sleep(0.05)
    (folder / f"done-{number}").touch()
"""


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_task_of_a_killed_worker_runs_in_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "killed_tasks.py").write_text(TASK_MODULE)
    (tmp_path / "hold").touch()
    root = str(Path(__file__).parents[2])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{root}", "DATA_DIR": str(tmp_path)}
    worker_command = [
        *(sys.executable, "-m", "celery", "--skip-checks", "--app", "killed_tasks", "worker"),
        *("--concurrency=1", "--loglevel=ERROR"),
    ]
    send = "import killed_tasks; [killed_tasks.slow.delay(n) for n in range(3)]"
    subprocess.run([sys.executable, "-c", send], env=environment, check=True, timeout=60)
    assert len(files(tmp_path / "broker", "messages")) == 3

    worker = subprocess.Popen(worker_command, env=environment, cwd=tmp_path, start_new_session=True)
    try:
        wait_for(lambda: any(tmp_path.glob("started-0-*")))
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(timeout=30)
    (tmp_path / "hold").unlink()
    assert not list(tmp_path.glob("done-*"))

    worker = subprocess.Popen(worker_command, env=environment, cwd=tmp_path, start_new_session=True)
    try:
        wait_for(lambda: len(list(tmp_path.glob("done-*"))) == 3)
        wait_for(lambda: files(tmp_path / "broker", "claimed") == [])
        worker.terminate()
        assert worker.wait(timeout=30) == 0
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(timeout=30)
    assert len(list(tmp_path.glob("started-0-*"))) == 2
    assert files(tmp_path / "broker", "messages") == []
