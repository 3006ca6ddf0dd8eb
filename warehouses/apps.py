from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WarehousesConfig(AppConfig):
    """The ground floor: organizations, people, API keys, places and the HTTP plumbing that is nobody's contract."""

    name = "warehouses"
    verbose_name = "Organization and places"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from warehouses.roles import create_roles  # models are loaded only now

        # Like Django's own permissions, roles are made after each migration, so that a flushed database has them.
        post_migrate.connect(create_roles, sender=self, dispatch_uid="warehouses.roles")
