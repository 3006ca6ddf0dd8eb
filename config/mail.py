"""EMAIL_URL: where mail goes.

console://                                 written to the log's place; the default
smtp://user:password@host:587?starttls=1   SMTP, upgraded to TLS unless `starttls=0`
smtps://user:password@host:465             SMTP inside TLS
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

__all__ = ["EmailSettings", "email_settings"]

_CONSOLE = "django.core.mail.backends.console.EmailBackend"
_SMTP = "django.core.mail.backends.smtp.EmailBackend"


@dataclass(frozen=True, kw_only=True)
class EmailSettings:
    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    start_tls: bool = False
    tls: bool = False


def email_settings(url: str) -> EmailSettings:
    parts = urlsplit(url)
    if parts.scheme == "console":
        return EmailSettings(backend=_CONSOLE)
    if not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL names no host.")
    query = dict(parse_qsl(parts.query))
    start_tls = query.pop("starttls", "1")
    if query or start_tls not in {"0", "1"}:
        raise ImproperlyConfigured("EMAIL_URL knows one parameter, starttls, which is 0 or 1.")
    tls = parts.scheme == "smtps"
    return EmailSettings(
        backend=_SMTP,
        host=parts.hostname,
        port=parts.port or (465 if tls else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        start_tls=not tls and start_tls == "1",
        tls=tls,
    )
