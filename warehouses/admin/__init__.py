"""Registers the admin of the ground floor; other apps build theirs on `warehouses.admin.scoped`."""

from warehouses.admin import accounts, api_keys, organization, people, places

__all__ = ["accounts", "api_keys", "organization", "people", "places"]
