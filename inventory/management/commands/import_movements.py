from typing import Any

from django.core.management.base import CommandParser

from inventory.imports.command import FileCommand, whole_number
from inventory.imports.movements_file import COLUMNS, import_movements
from warehouses.actors import SYSTEM


class Command(FileCommand):
    help = "Post changes of stock from a CSV file to the ledger."
    columns = COLUMNS

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--warehouse", default="", help="for lines that name none; else the organization's default"
        )
        parser.add_argument("--reason", default="", help="the reason code of lines that name none")
        parser.add_argument(
            "--opening-stock",
            choices=["none", "cover"],
            default="none",
            help="cover: first receive, per SKU, what the file's lines need beyond what is available",
        )
        parser.add_argument(
            "--opening-extra",
            type=whole_number,
            default=0,
            help="and so many units of each more (with cover)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organization = self.find_organization(options["organization"])
        self.run(
            options,
            lambda progress: import_movements(
                organization=organization,
                actor=SYSTEM,
                path=options["file"],
                mapping=options["map"],
                preset=options["preset"],
                warehouse=options["warehouse"],
                reason=options["reason"],
                opening_cover=options["opening_stock"] == "cover",
                opening_extra=options["opening_extra"],
                dry_run=options["dry_run"],
                progress=progress,
            ),
        )
