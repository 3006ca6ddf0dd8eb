"""Logging: one line an event, JSON in production, readable on a developer's console.

The request id is bound with `structlog.contextvars` by the outermost middleware, so that every line written while a
request is answered carries it, whether the line comes from structlog or from a library's `logging`.
"""

from __future__ import annotations

from typing import Any

import structlog
from structlog.typing import Processor

__all__ = ["configure_structlog", "logging_configuration"]

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# One list for good: a logger keeps the one that it was first used with, also when structlog is configured again.
_PROCESSORS: list[Processor] = [
    structlog.stdlib.filter_by_level,
    *_SHARED,
    structlog.processors.StackInfoRenderer(),
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]


def configure_structlog() -> None:
    """Hand structlog's events to `logging`, so that there is one way out for all lines."""
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_configuration(*, level: str, style: str) -> dict[str, Any]:
    """Django's LOGGING. `style` is "json" or "console"."""
    # JSON escapes line breaks: what a stranger sends cannot forge a line of its own. A developer's console shows plain
    # tracebacks, because the coloured ones list every local variable, passwords and keys among them.
    rendering: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if style == "json"
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    ticks = "WARNING" if style == "console" and level == "INFO" else level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_SHARED, structlog.stdlib.ExtraAdder(allow=["status_code"])],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Without Django's own handlers, which would write each line a second time.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # The access line has said it already.
            "django.request": {"level": "ERROR"},
            # A scanner's wrong Host is answered 400; a traceback for each says nothing.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "django.db.backends": {"level": "INFO"},
            # Says at each start that it makes no pictures, which nobody wants of it.
            "pyBarcode": {"level": "WARNING"},
            # Several lines every few seconds, of ticks that found nothing to do: no reading for a person.
            "celery.beat": {"level": ticks},
            "celery.worker.strategy": {"level": ticks},
            "celery.app.trace": {"level": ticks},
            # Libraries that tell their whole inner life at DEBUG.
            "asyncio": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
        },
    }
