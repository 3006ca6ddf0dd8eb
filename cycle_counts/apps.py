from django.apps import AppConfig


class CycleCountsConfig(AppConfig):
    """Count batches with their lines, tolerances, ABC scheduling, backoffice routes and screens."""

    name = "cycle_counts"
    verbose_name = "Cycle counts"
    default_auto_field = "django.db.models.BigAutoField"
