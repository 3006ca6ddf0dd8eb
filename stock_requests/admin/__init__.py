"""The back office over stock requests. Django's admin discovers this package."""

from stock_requests.admin import delegations, departments, policies, requests, stocklists

__all__ = ["delegations", "departments", "policies", "requests", "stocklists"]
