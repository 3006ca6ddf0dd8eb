from django.apps import AppConfig
from django.db.models.signals import post_migrate


class InventoryConfig(AppConfig):
    """The catalogue, the stock ledger, and the HTTP contracts over them."""

    name = "inventory"
    verbose_name = "Inventory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from inventory import exports, guards, outbox, tallies, tasks  # models are loaded only now
        from inventory.import_runs import runs as imports
        from inventory.occupancy import occupancy_of
        from inventory.reason_codes import create_reason_codes
        from inventory.sync import runs
        from warehouses import organizations, places

        places.guards.append(occupancy_of)
        organizations.founders.append(create_reason_codes)
        outbox.wakers.append(tasks.wake_courier)
        runs.wakers.append(tasks.wake_syncs)
        imports.wakers.append(tasks.wake_imports)
        exports.wakers.append(tasks.wake_exports)
        post_migrate.connect(guards.install, sender=self, dispatch_uid="inventory.guards")
        post_migrate.connect(tallies.install, sender=self, dispatch_uid="inventory.tallies")
