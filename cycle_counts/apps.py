from django.apps import AppConfig


class CycleCountsConfig(AppConfig):
    """Count batches with their lines, tolerances, ABC scheduling, backoffice routes and screens."""

    name = "cycle_counts"
    verbose_name = "Cycle counts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cycle_counts import notifications, verification  # models are loaded only now
        from cycle_counts.occupancy import counts_at
        from inventory import checkpoints, guards
        from inventory import verification as stock
        from warehouses import notices, places

        guards.append_only.update(verification.APPEND_ONLY)
        checkpoints.books["count_entry"] = verification.BOOK
        stock.checks.extend(verification.CHECKS)
        places.guards.append(counts_at)
        notices.reasons.update(notifications.REASONS)
