"""What may be promised: available to promise (ATP), by channel and location, each figure with its terms."""

from inventory.availability.promises import promisable_to

__all__ = ["promisable_to"]
