from django.apps import AppConfig


class StockRequestsConfig(AppConfig):
    """Requests with their lines, approval rules, workflow, backoffice routes and screens."""

    name = "stock_requests"
    verbose_name = "Stock requests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from inventory import verification as stock  # models are loaded only now
        from stock_requests import notifications, verification
        from stock_requests.occupancy import requests_at
        from warehouses import notices, places

        stock.documents[verification.DOCUMENT] = verification.TABLE
        stock.checks.extend(verification.CHECKS)
        places.guards.append(requests_at)
        notices.reasons.update(notifications.REASONS)
