"""What stands in the broker is a message of ours, in JSON, or is not looked at."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from kombu.exceptions import ContentDisallowed
from kombu.message import Message

from config.celery import app


class Planted:
    """Makes a folder as soon as it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


def test_only_json_is_taken() -> None:
    assert set(app.conf.accept_content) == {"json"}
    assert app.conf.task_serializer == app.conf.result_serializer == "json"


@pytest.mark.parametrize("kind", ["application/x-python-serialize", "application/x-yaml"])
def test_a_pickle_is_refused_unread(kind: str, tmp_path: Path) -> None:
    """As a worker reads it, with what the product accepts."""
    body = pickle.dumps(((), {"made": Planted(tmp_path / "planted")}, {}))

    def message(*accepted: str) -> Message:
        return Message(
            body=body,
            content_type=kind,
            content_encoding="binary",
            accept=accepted,
        )

    with pytest.raises(ContentDisallowed):
        message(*app.amqp.TaskConsumer(app.connection_for_read().channel()).accept).decode()
    assert not (tmp_path / "planted").exists()
    if "python" in kind:  # control: whoever takes pickles runs what is planted
        message(kind).decode()
        assert (tmp_path / "planted").exists()
