"""Barcodes of one's own, for goods that came without: EAN-13 of the range that GS1 keeps for use inside a company."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db.models import Exists, OuterRef

from inventory.catalogue import rows
from inventory.models import Barcode, Sku
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization
from warehouses.refusals import Conflict

__all__ = ["give_barcodes", "internal_ean13"]

_LARGEST: Final = 10**11
#: What is given here begins with 29, so that it meets neither the scales at a till (21 to 28, as a rule) nor numbers
#: that somebody has thought out.
_FIRST: Final = 9 * 10**10


def internal_ean13(number: int) -> str:
    """The barcode of an item number: `2`, eleven digits, and the check digit over them."""
    if not 0 <= number < _LARGEST:
        raise ValueError("An internal item number has eleven digits.")
    digits = f"2{number:011d}"
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"


def give_barcodes(*, access: Access, skus: Iterable[Sku]) -> list[Barcode]:
    """Give each of these SKUs that has no barcode the next one; returns those that were given, by SKU code.

    Two at once are given different ones: the organization's row is locked. Six statements, however many they are.
    Raises Forbidden `PERMISSION_DENIED`, Conflict `BARCODES_USED_UP`.
    """
    rows.require_editor(access)
    wanted = {sku.pk for sku in skus}

    def work() -> list[Barcode]:
        Organization.objects.select_for_update(no_key=True).get(pk=access.organization.pk)
        without = Sku.objects.select_for_update(of=("self",), no_key=True).filter(
            ~Exists(Barcode.objects.filter(sku=OuterRef("pk"))),
            organization=access.organization,
            pk__in=wanted,
        )
        found = sorted(without.order_by("pk"), key=lambda sku: sku.code_key)
        number = _next_number(access.organization)
        if number + len(found) > _LARGEST:
            raise Conflict("BARCODES_USED_UP", "There are no barcodes of your own left.")
        given = [
            Barcode(organization=access.organization, sku=sku, code=internal_ean13(number + place))
            for place, sku in enumerate(found)
        ]
        return Barcode.objects.bulk_create(given)

    given = transactions.run(work)
    for barcode in given:
        rows.tell("sku.barcode_given", access, barcode.sku)
    return given


def _next_number(organization: Organization) -> int:
    """One more than the highest that is in use: an index look-up."""
    ours = Barcode.objects.filter(organization=organization, code__gte="290", code__lt="30")
    last = ours.filter(code__regex=r"^29[0-9]{11}$").order_by("-code").values_list("code", flat=True).first()
    return _FIRST if last is None else int(last[1:12]) + 1
