"""Where the product is reached when PUBLIC_URL does not say so."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["guessed_url"]

_ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - recognised, not listened at


def guessed_url(*, hosts: Sequence[str], host: str, port: int) -> str:
    """HTTPS at the first of `hosts` that is a name, not a pattern; where there is none, HTTP at `host` and `port`."""
    for name in hosts:
        if not name.startswith((".", "*")):
            return f"https://{name}"
    name = "localhost" if host in _ANY_ADDRESS else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"
