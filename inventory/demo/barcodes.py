"""EAN-13 numbers of the range that GS1 keeps for use inside a company (they begin with 2)."""

from __future__ import annotations

__all__ = ["internal_ean13"]

_LARGEST = 10**11


def internal_ean13(number: int) -> str:
    """The barcode of an item number: `2`, eleven digits, and the check digit over them."""
    if not 0 <= number < _LARGEST:
        raise ValueError("An internal item number has eleven digits.")
    digits = f"2{number:011d}"
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"
