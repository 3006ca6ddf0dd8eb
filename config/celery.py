"""The Celery application. Tasks live in the apps' `tasks` modules."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

from config import broker

__all__ = ["app"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tallyhouse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_logging(**kwargs: Any) -> None:
    """Django has configured logging; a receiver of this signal is how Celery is told to leave it alone."""


@signals.worker_process_init.connect
def leave_group(**kwargs: Any) -> None:
    """Keep a stop that is sent to the worker's whole process group from ending tasks in the middle.

    The worker itself gets it, lets its tasks finish for a while, and ends these processes then.
    """
    os.setpgid(0, 0)


@signals.worker_init.connect
def take_over_messages(**kwargs: Any) -> None:
    """Put back what a killed worker had taken and not finished, before this one takes its first message."""
    folder = app.conf.broker_transport_options.get("folder")
    if folder is not None:
        broker.take_over(folder)
