"""Answers that say "later", and when that is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

__all__ = ["retry_after"]

_LONGEST_RETRY_AFTER: Final = timedelta(hours=1)
_ASKED_TO_WAIT: Final = {429, 502, 503, 504}


def retry_after(status: int | None, header: str | None, *, now: datetime) -> timedelta | None:
    """The wait that an answer asks for, an hour at most; None where it asks for none that can be understood.

    `header` is Retry-After: seconds or an HTTP date. It counts only with the statuses that say "later".
    """
    if status not in _ASKED_TO_WAIT or header is None:
        return None
    text = header.strip()
    if re.fullmatch(r"[0-9]+", text):
        # A number too long to be one means the same as any other that is above the limit.
        seconds = int(text) if len(text) <= 9 else None
        asked = _LONGEST_RETRY_AFTER if seconds is None else timedelta(seconds=seconds)
    else:
        try:
            instant = parsedate_to_datetime(text)
            asked = (instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - now
        except (ValueError, OverflowError):
            return None
    return min(max(asked, timedelta()), _LONGEST_RETRY_AFTER)
