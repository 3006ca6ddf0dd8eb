"""What an installation of the product is told by its environment."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["settings_of"]

#: Enough to run at all; nothing that the caller has set for the product.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


def settings_of(folder: Path, *, database_url: str, redis_url: str) -> dict[str, str]:
    """Production's, behind a proxy that ends TLS: the clients say what the proxy would."""
    return {name: value for name, value in os.environ.items() if name in _KEPT} | {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "only-for-these-servers-0123456789-abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "127.0.0.1",
        "BEHIND_PROXY": "1",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "TMPDIR": str(folder),  # what is killed leaves its temporary files behind
        "OUTGOING_NETWORKS": "127.0.0.0/8",
        "RATE_LIMIT_PER_MINUTE": "1000000",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
    }
