"""A clock that stands where a test puts it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

__all__ = ["Clock"]


class Clock:
    """From the beginning on it stands still; `advance` and `put` move it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: self.now)

    def put(self, now: datetime) -> None:
        self.now = now

    def advance(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now
