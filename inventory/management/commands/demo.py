"""`manage.py demo`: load the demonstration if it is not there yet, and say how to look at it."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inventory.demo import organization as demo
from inventory.demo.people import ADMINISTRATOR, LOGINS, Login, kept_password, new_password
from warehouses.refusals import Refusal

PASSWORD_FILE = "demo_password"  # noqa: S105 - the name of the file, in DATA_DIR


class Command(BaseCommand):
    help = "Loads a demonstration organization, once, and prints its addresses, logins and an API key to try."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--force",
            action="store_true",
            help="also in production, where everybody who reads this can guess the names of the logins",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT == "production" and not options["force"]:
            raise CommandError(
                "This is production: a demonstration would add known logins. --force does it anyway."
            )
        file = Path(settings.DATA_DIR) / PASSWORD_FILE
        organization = demo.find()
        key = None
        if organization is None:
            organization, key = self._load(file)
        self._print_logins(organization.name, kept_password(file), file)
        self._print_key(organization.name, key)

    def _load(self, file: Path) -> tuple[Any, str]:
        password = kept_password(file)
        if password is None:
            password = new_password()
            _keep(file, password)
        self.stdout.write("Making the demonstration: ninety days of a trading company, some 20 seconds …")
        try:
            with _quietly():
                loaded = demo.load(password=password)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        return loaded.organization, loaded.key

    def _print_logins(self, name: str, password: str | None, file: Path) -> None:
        address = _address()
        self.stdout.write(f"\n{name}\n")
        for what, path in (
            ("Back office", "/admin/"),
            *((f"{name.capitalize()} API", f"/{name}/docs/") for name in settings.API_CONTRACTS),
        ):
            self.stdout.write(f"  {what:<16}{address}{path}\n")
        if password is None:
            self.stdout.write(
                f"\nLogins; their password was in {file}, which is gone."
                f" For a new one: {_manage()} changepassword E-MAIL\n"
            )
        else:
            self.stdout.write(f"\nLogins, all with the password {self.style.SUCCESS(password)}\n")
        logins = (*LOGINS, ADMINISTRATOR)
        width = max(len(login.email) for login in logins) + 2
        for login in logins:
            self.stdout.write(f"  {login.email:<{width}}{_role(login)}\n")

    def _print_key(self, name: str, key: str | None) -> None:
        if key is None:
            self.stdout.write(
                "\nThe API key was shown on the first run; nobody can show it again. For another one:\n"
                f"  {_manage()} create_api_key --organization '{name}' --scopes inventory.read,inventory.write\n\n"
            )
            return
        address = _address()
        self.stdout.write(
            f"\nAPI key, shown this once: {self.style.SUCCESS(key)}\n\n"
            "  The gateway contract: read a SKU, then take five damaged units out\n"
            f"    curl '{address}/api/v1/inventory/REGEN-001' -H 'X-API-Key: {key}'\n"
            f"    curl '{address}/api/v1/inventory/adjust' -H 'X-API-Key: {key}' \\\n"
            "      -H 'Content-Type: application/json' \\\n"
            '      -d \'{"sku": "REGEN-001", "adjustment": -5, "reason": "Damaged units removed"}\'\n\n'
            "  The nexus contract: what is critical, over all warehouses\n"
            f"    curl '{address}/api/inventory?status=critical' -H 'X-API-Key: {key}'\n\n"
            "  The pos contract: the items on the sales floor, then the stock of yesterday evening as a file\n"
            f"    curl '{address}/api/v1/inventory?room_type=sales_floor' -H 'Authorization: Bearer {key}'\n"
            f"    curl '{address}/api/v1/inventory/snapshot?date={_yesterday()}' \\\n"
            f"      -H 'Authorization: Bearer {key}' -H 'Accept: text/csv'\n\n"
            "  Its webhook is paused. Another one, with its secret\n"
            f"    curl '{address}/api/webhooks' -H 'X-API-Key: {key}' -H 'Content-Type: application/json' \\\n"
            '      -d \'{"url": "https://example.com/hook", "events": ["inventory.low_stock"]}\'\n\n'
        )


def _yesterday() -> str:
    return (timezone.localdate() - timedelta(days=1)).isoformat()


def _address() -> str:
    return f"http://localhost:{settings.PORT}"


def _manage() -> str:
    """How the reader runs manage.py: after `make run`, with the Python of the project's own environment."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    return f"{python} manage.py"


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep out of the log who was added and which key was made: the command says so itself."""
    loggers = [logging.getLogger(name) for name in ("warehouses", "inventory")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _role(login: Login) -> str:
    return f"{login.role} of {login.warehouse} only" if login.warehouse else login.role


def _keep(file: Path, password: str) -> None:
    """Readable by nobody else from its first moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)  # there is nothing in it
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(password + "\n", encoding="utf-8")
