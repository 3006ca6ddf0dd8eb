"""Registers the admin of the ground floor; other apps build theirs on `model_admins` and `inlines`."""

from warehouses.admin import accounts, api_keys, invitations, organization, people, places

__all__ = ["accounts", "api_keys", "invitations", "organization", "people", "places"]
