from typing import Any

from inventory.imports.catalogue_file import COLUMNS, import_catalogue
from inventory.imports.command import FileCommand
from warehouses.actors import SYSTEM


class Command(FileCommand):
    help = "Create and change SKUs, with their products, categories and barcodes, from a CSV file."
    columns = COLUMNS

    def handle(self, *args: Any, **options: Any) -> None:
        organization = self.find_organization(options["organization"])
        self.run(
            options,
            lambda progress: import_catalogue(
                organization=organization,
                actor=SYSTEM,
                path=options["file"],
                mapping=options["map"],
                preset=options["preset"],
                dry_run=options["dry_run"],
                progress=progress,
            ),
        )
