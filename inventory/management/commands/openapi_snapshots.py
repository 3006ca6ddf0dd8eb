"""Write the contracts' OpenAPI documents to docs/api, where a change of a contract is reviewed like code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

from warehouses.http.openapi import render_document


class Command(BaseCommand):
    help = "Write the contracts' OpenAPI documents to docs/api."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "docs" / "api")

    def handle(self, *args: Any, **options: Any) -> None:
        for contract in import_string(settings.API_DOCUMENTS).values():
            file: Path = options["folder"] / f"{contract.name}.openapi.json"
            file.write_bytes(render_document(contract))
            self.stdout.write(f"{file}")
