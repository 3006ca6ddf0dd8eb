from django.apps import AppConfig


class StockRequestsConfig(AppConfig):
    """Requests with their lines, approval rules, workflow, backoffice routes and screens."""

    name = "stock_requests"
    verbose_name = "Stock requests"
    default_auto_field = "django.db.models.BigAutoField"
