"""What INSTALLED_APPS names instead of `django.contrib.admin`."""

from django.contrib.admin.apps import AdminConfig

__all__ = ["TallyhouseAdminConfig"]


class TallyhouseAdminConfig(AdminConfig):
    default_site = "warehouses.admin_site.TallyhouseAdminSite"
