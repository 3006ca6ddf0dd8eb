"""SKUs one by one, with their barcodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypedDict

from django.db import IntegrityError, transaction
from django.db.models import Sum

from inventory.catalogue import rows
from inventory.catalogue.products import create_product, lock_product
from inventory.models import Barcode, Lot, Product, Sku, StockItem, StockLevel, sku_key
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization
from warehouses.records import validate
from warehouses.refusals import Conflict, InvalidInput, NotFound, Problem, Refusal, gather

if TYPE_CHECKING:
    from typing import Unpack

__all__ = [
    "MOST_BARCODES",
    "SkuValues",
    "change_sku",
    "create_sku",
    "delete_sku",
    "find_sku",
    "find_skus",
    "lock_sku",
]

#: Of one SKU.
MOST_BARCODES: Final = 50


class SkuValues(TypedDict, total=False):
    """What a SKU says of itself. `barcodes` are all that it shall have."""

    code: str
    title: str
    product: Product | None
    unit_cost: Decimal | None
    unit_price: Decimal | None
    base_unit: str
    is_lot_controlled: bool
    safety_stock: int
    reorder_point: int
    reorder_quantity: int
    is_active: bool
    barcodes: Sequence[str]


def find_skus(*, organization: Organization, codes: Iterable[str]) -> dict[str, Sku]:
    """The SKUs of `codes` by their key (`sku_key`); unknown codes are absent. One query."""
    found = Sku.objects.order_by().filter(organization=organization).with_codes(codes)
    return {sku.code_key: sku for sku in found}


def find_sku(*, access: Access, public_id: str) -> Sku:
    """With its product and category. Raises NotFound `SKU_NOT_FOUND`."""
    return rows.find(Sku.objects.select_related("product__category"), access, public_id, _missing())


def lock_sku(*, access: Access, sku: Sku) -> Sku:
    """The SKU as it is now and until the transaction ends. Raises NotFound `SKU_NOT_FOUND`."""
    return rows.lock(Sku.objects.select_related("product__category"), access, sku, _missing())


def create_sku(*, access: Access, **values: Unpack[SkuValues]) -> Sku:
    """Create a SKU; without a `product` it gets one of its own, called like itself. `code` and `title` are needed.

    Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_INPUT`, NotFound `PRODUCT_NOT_FOUND`, Conflict
    `SKU_CODE_TAKEN` and `BARCODE_TAKEN`.
    """
    rows.require_editor(access)

    def work() -> Sku:
        sku = Sku(organization=access.organization)
        product = values.get("product")
        if product is not None:
            product = lock_product(access=access, product=product, field="product")
        _apply(sku, values)
        # Looked at before it gets a product of its own: its own faults are to be named, not those of the product.
        validate(sku, exclude=("product",))
        sku.product = product or create_product(access=access, name=sku.title)
        _save(sku)
        _set_barcodes(sku, values.get("barcodes", ()))
        return sku

    sku = transactions.run(work)
    rows.tell("sku.created", access, sku)
    return sku


def change_sku(*, access: Access, sku: Sku, **changes: Unpack[SkuValues]) -> Sku:
    """Change what is given. Another code goes on to the stock levels; a `product` of None makes one of its own.

    Raises what `create_sku` raises, NotFound `SKU_NOT_FOUND`, and Conflict `LOTLESS_STOCK` for lot control while there
    is stock without a lot.
    """
    rows.require_editor(access)

    def work() -> Sku:
        current = lock_sku(access=access, sku=sku)
        was_lot_controlled = current.is_lot_controlled
        _apply(current, changes)
        if current.is_lot_controlled and not was_lot_controlled:
            _check_lots(access, current)
        validate(current)
        if "product" in changes:
            product = changes["product"]
            if product is None:
                product = create_product(access=access, name=current.title)
            current.product = lock_product(access=access, product=product, field="product")
        _save(current)
        if "barcodes" in changes:
            _set_barcodes(current, changes["barcodes"])
        return current

    changed = transactions.run(work)
    rows.tell("sku.changed", access, changed)
    return changed


def delete_sku(*, access: Access, sku: Sku) -> None:
    """Delete a SKU that never had stock, a lot or anything else, with its barcodes and settings. Its product stays.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `SKU_NOT_FOUND`, Conflict `SKU_HAS_HISTORY`.
    """
    rows.require_editor(access)

    def work() -> None:
        # Waits for the postings that are just making something of it, and lets none begin.
        current = rows.lock(Sku.objects.all(), access, sku, _missing(), no_key=False)
        instead = "deactivate it instead" if current.is_active else "it can only stay inactive"
        detail = f"{current} has stock, lots or a history, so it cannot be deleted: {instead}."
        refusal = Conflict("SKU_HAS_HISTORY", detail)
        # Deleting would look for what protects it too, and fetch every movement there is.
        if StockLevel.objects.filter(sku=current).exists() or Lot.objects.filter(sku=current).exists():
            raise refusal
        rows.delete(current, refusal)

    transactions.run(work)
    rows.tell("sku.deleted", access, sku)


def _apply(sku: Sku, values: SkuValues) -> None:
    """Set what is given, but for the product and the barcodes, which are rows of their own."""
    for name, value in values.items():
        if name not in {"product", "barcodes"}:
            setattr(sku, name, value.strip() if isinstance(value, str) else value)


def _save(sku: Sku) -> None:
    same = Sku.objects.filter(organization=sku.organization, code_key=sku_key(sku.code))
    detail = "There is a SKU with this code already (capitals make no difference)."
    rows.save(sku, [("code", "SKU_CODE_TAKEN", detail, same)])


def _check_lots(access: Access, sku: Sku) -> None:
    """Refuse to put a SKU under lot control while some of its stock is of no lot: nothing could pick it by its expiry.

    Whoever posts stock of it at this moment has ended before, or begins after.
    """
    rows.lock(Sku.objects.all(), access, sku, _missing(), no_key=False)
    lotless = StockItem.objects.filter(sku=sku, lot=None, on_hand__gt=0)
    units = lotless.aggregate(units=Sum("on_hand"))["units"]
    if units:
        detail = (
            f"{units} unit{'s' * (units != 1)} of {sku} {'are' if units != 1 else 'is'} in no lot: "
            "bring them into lots first, by lot correction."
        )
        problem = Problem("LOTLESS_STOCK", detail, field="is_lot_controlled")
        raise Conflict("LOTLESS_STOCK", detail, problems=[problem], extra={"units": units})


def _set_barcodes(sku: Sku, codes: Sequence[str]) -> None:
    """Make these the SKU's barcodes; the SKU is locked. One that is named twice counts once."""
    wanted = list(dict.fromkeys(code.strip() for code in codes))
    places = {code.strip(): place for place, code in reversed(list(enumerate(codes)))}
    if len(wanted) > MOST_BARCODES:
        detail = f"A SKU has {MOST_BARCODES} barcodes at most."
        raise InvalidInput(
            "INVALID_INPUT", detail, problems=[Problem("INVALID_INPUT", detail, field="barcodes")]
        )
    known = set(Barcode.objects.filter(sku=sku).values_list("code", flat=True))
    adding = [
        Barcode(organization=sku.organization, sku=sku, code=code) for code in wanted if code not in known
    ]
    for barcode in adding:
        _validate(barcode, places[barcode.code])
    _check_free(sku, adding, places)
    Barcode.objects.filter(sku=sku, code__in=known.difference(wanted)).delete()
    try:
        with transaction.atomic():
            Barcode.objects.bulk_create(adding)
    except IntegrityError:  # another SKU took one in this very moment
        _check_free(sku, adding, places)
        raise


def _validate(barcode: Barcode, place: int) -> None:
    try:
        validate(barcode)
    except InvalidInput as refusal:
        problems = [Problem(each.code, each.detail, place, "barcodes") for each in refusal.problems]
        raise InvalidInput(refusal.code, refusal.detail, problems=problems) from refusal


def _check_free(sku: Sku, adding: Iterable[Barcode], places: dict[str, int]) -> None:
    codes = [barcode.code for barcode in adding]
    if not codes:
        return
    others = Barcode.objects.filter(organization=sku.organization, code__in=codes).exclude(sku=sku)
    taken: list[Refusal] = []
    for code, owner in others.values_list("code", "sku__code").order_by("code"):
        detail = f"The barcode {code} belongs to {owner}."
        problem = Problem("BARCODE_TAKEN", detail, places[code], "barcodes")
        taken.append(Conflict("BARCODE_TAKEN", detail, problems=[problem]))
    if taken:
        raise gather(taken)


def _missing() -> NotFound:
    return NotFound("SKU_NOT_FOUND", "There is no such SKU.")
