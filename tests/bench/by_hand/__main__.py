"""Becomes the web server that the product has, with the views that are written by hand."""

from __future__ import annotations

import os

import django

from config import processes

django.setup()
_command = [part.replace("config.wsgi", "tests.bench.by_hand.wsgi") for part in processes.command("web")]
os.execv(_command[0], _command)  # noqa: S606 - a fixed command line, no shell
