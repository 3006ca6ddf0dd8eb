from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class WarehousesConfig(AppConfig):
    """The ground floor: organizations, people, API keys, places and the HTTP plumbing that is nobody's contract."""

    name = "warehouses"
    verbose_name = "Organization and places"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from warehouses import notices, row_security, tasks  # models are loaded only now
        from warehouses.roles import create_roles

        notices.wakers.append(tasks.wake_mail)

        # Like Django's own permissions, roles are made after each migration, so that a flushed database has them.
        post_migrate.connect(create_roles, sender=self, dispatch_uid="warehouses.roles")
        if settings.DATABASE_APP_ROLE:
            connection_created.connect(row_security.guard_connection, dispatch_uid="warehouses.row_security")
            # Of any app: each has tables, and the last one to be migrated has all of them.
            post_migrate.connect(row_security.install, dispatch_uid="warehouses.row_security")
