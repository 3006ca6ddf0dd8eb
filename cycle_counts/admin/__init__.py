"""The back office over cycle counts. Django's admin discovers this package."""

from cycle_counts.admin import batches

__all__ = ["batches"]
