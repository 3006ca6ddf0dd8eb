"""Instants as every contract writes them: ISO 8601 in UTC with milliseconds, `2026-03-12T14:00:00.000Z`."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["instant", "instant_or_none"]


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)
