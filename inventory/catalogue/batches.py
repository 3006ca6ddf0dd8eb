"""Many SKUs at once, with their products, categories and barcodes: what an import writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.utils import timezone

from inventory import statements
from inventory.models import Barcode, Category, Product, Sku, sku_key
from warehouses.actors import Actor
from warehouses.identifiers import new_id
from warehouses.models import Organization
from warehouses.refusals import Conflict, InvalidInput, Problem, Refusal, gather

__all__ = ["Saved", "SkuEntry", "save_skus"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SkuEntry:
    """What the catalogue shall say about one SKU; None or "" leaves a value as it is.

    `barcode` is added to those that the SKU has. A `product` that no product is named after is created. Without it, a
    new SKU gets a product of its own, and `category` is that of the product that the SKU has.
    """

    code: str
    title: str = ""
    product: str = ""
    category: str = ""
    unit_cost: Decimal | None = None
    unit_price: Decimal | None = None
    barcode: str = ""
    is_lot_controlled: bool | None = None
    safety_stock: int | None = None
    reorder_point: int | None = None
    reorder_quantity: int | None = None
    index: int = 0  # the row of the request, for the problems of a refusal


@dataclass(frozen=True, slots=True)
class Saved:
    """The entries' indexes by what became of them."""

    created: Sequence[int] = field(default_factory=list)
    updated: Sequence[int] = field(default_factory=list)
    unchanged: Sequence[int] = field(default_factory=list)


def save_skus(*, organization: Organization, actor: Actor, entries: Sequence[SkuEntry]) -> Saved:
    """Create and change SKUs with their products, categories and barcodes, all or nothing.

    Runs in the caller's transaction; locks the SKUs that exist in key order. The values are of the lengths and ranges
    of the models: the caller has read them so. Spelling a known code in other capitals does not rename it. The number
    of statements is the same whatever the number of entries.

    Raises Refusal, one problem for each bad entry: `DUPLICATE_ROW`, `TITLE_REQUIRED`, `BARCODE_TAKEN`,
    `CATEGORY_CONTRADICTION` (two entries put one product into different categories).
    """
    batch = _Batch(organization, entries)
    faults = batch.faults()
    if faults:
        raise gather(faults)
    saved = batch.save()
    _log.debug(
        "catalogue.saved",
        organization=organization.public_id,
        actor_type=actor.type.value,
        created=len(saved.created),
        updated=len(saved.updated),
    )
    return saved


_SKU_VALUES = (
    "title",
    "unit_cost",
    "unit_price",
    "is_lot_controlled",
    "safety_stock",
    "reorder_point",
    "reorder_quantity",
)
_UPDATED_SKU = ("product", *_SKU_VALUES)
_NEW_SKU = ("id", "organization", "code", "code_key", *_UPDATED_SKU, "base_unit", "is_active", "created_at")


class _Batch:
    """What is known about everything that the entries name, read once; then the writes."""

    def __init__(self, organization: Organization, entries: Sequence[SkuEntry]) -> None:
        self.organization = organization
        self.entries = entries
        known = Sku.objects.filter(organization=organization).with_codes(entry.code for entry in entries)
        # Not the stronger lock: movements that point at these SKUs go on being written.
        locked = known.select_related("product").select_for_update(of=("self",), no_key=True).order_by("pk")
        self.skus: dict[str, Sku] = {sku.code_key: sku for sku in locked}
        self.products = self._read_products()
        self.categories = {
            category.name.casefold(): category
            for category in Category.objects.filter(organization=organization).order_by()
        }
        self.barcodes: dict[str, UUID] = dict(
            Barcode.objects.filter(
                organization=organization, code__in={entry.barcode for entry in entries if entry.barcode}
            )
            .order_by()
            .values_list("code", "sku_id")
        )

    def _read_products(self) -> dict[str, Product]:
        names = {entry.product for entry in self.entries if entry.product}
        found = Product.objects.filter(organization=self.organization, name__in=names).order_by("-id")
        return {product.name: product for product in found}  # of several with one name, the oldest

    def faults(self) -> list[Refusal]:
        faults: list[Refusal] = []
        seen: set[str] = set()
        claimed: dict[str, str] = {}
        placed: dict[object, str] = {}
        for entry in self.entries:
            key = sku_key(entry.code)
            sku = self.skus.get(key)
            if key in seen:
                faults.append(_refuse(entry, "DUPLICATE_ROW", "sku", f"{entry.code} is there twice."))
                continue
            seen.add(key)
            if sku is None and not entry.title:
                faults.append(
                    _refuse(entry, "TITLE_REQUIRED", "title", f"{entry.code} is new and needs a title.")
                )
            owner = self.barcodes.get(entry.barcode)
            if entry.barcode and (
                (owner is not None and (sku is None or owner != sku.pk))
                or claimed.setdefault(entry.barcode, key) != key
            ):
                detail = f"The barcode {entry.barcode} belongs to another SKU."
                faults.append(_refuse(entry, "BARCODE_TAKEN", "barcode", detail, category=Conflict))
            product: object = entry.product or (sku.product_id if sku else key)
            if (
                entry.category
                and placed.setdefault(product, entry.category.casefold()) != entry.category.casefold()
            ):
                detail = f"The product of {entry.code} is put into two categories."
                faults.append(_refuse(entry, "CATEGORY_CONTRADICTION", "category", detail))
        return faults

    def save(self) -> Saved:
        self._create_categories()
        products = self._place()
        created: list[SkuEntry] = []
        changed: dict[int, SkuEntry] = {}
        new_rows: list[tuple[Any, ...]] = []
        changed_rows: list[tuple[Any, ...]] = []
        ids: dict[str, UUID] = {}
        now = timezone.now()
        for entry, product in zip(self.entries, products, strict=True):
            key = sku_key(entry.code)
            sku = self.skus.get(key)
            values = tuple(_value_of(entry, sku, name) for name in _SKU_VALUES)
            if sku is None:
                ids[key] = new_id()
                place = (ids[key], self.organization.pk, entry.code, key, product.pk)
                new_rows.append((*place, *values, "each", True, now))
                created.append(entry)
                continue
            ids[key] = sku.pk
            before = (sku.product_id, *(getattr(sku, name) for name in _SKU_VALUES))
            if before != (product.pk, *values):
                changed_rows.append((sku.pk, product.pk, *values))
                changed[entry.index] = entry
        statements.insert(Sku, _NEW_SKU, new_rows)
        statements.update(Sku, _UPDATED_SKU, changed_rows)
        for entry in (*self._add_barcodes(ids), *self._recategorized):
            changed[entry.index] = entry
        is_new = {entry.index for entry in created}
        updated = [index for index in changed if index not in is_new]
        touched = is_new.union(updated)
        return Saved(
            sorted(is_new),
            sorted(updated),
            [entry.index for entry in self.entries if entry.index not in touched],
        )

    def _create_categories(self) -> None:
        wanted = {
            entry.category.casefold(): entry.category for entry in reversed(self.entries) if entry.category
        }
        missing = [
            (new_id(), self.organization.pk, wanted[key]) for key in wanted if key not in self.categories
        ]
        if not missing:
            return
        statements.insert(Category, ("id", "organization", "name"), missing, or_ignore=True)
        # Read back: another import may have created one of them in this moment, and its row is the one that counts.
        for category in Category.objects.filter(organization=self.organization).order_by():
            self.categories[category.name.casefold()] = category

    def _place(self) -> list[Product]:
        """Each entry's product, in the category that the entry names; missing products are created."""
        placed: list[Product] = []
        new: dict[UUID, Product] = {}
        moved: dict[UUID, Product] = {}
        self._recategorized: list[SkuEntry] = []
        for entry in self.entries:
            sku = self.skus.get(sku_key(entry.code))
            product = self._product_of(entry, sku)
            if product is None:
                product = Product(
                    pk=new_id(), organization=self.organization, name=entry.product or entry.title
                )
                new[product.pk] = product
                if entry.product:
                    self.products[entry.product] = product
            category = self.categories[entry.category.casefold()] if entry.category else None
            if category is not None and product.category_id != category.pk:
                product.category = category
                if product.pk not in new:
                    moved[product.pk] = product
                    self._recategorized.append(entry)
            placed.append(product)
        now = timezone.now()
        statements.insert(
            Product,
            ("id", "organization", "name", "category", "created_at"),
            [
                (pk, self.organization.pk, product.name, product.category_id, now)
                for pk, product in new.items()
            ],
        )
        statements.update(
            Product, ("category",), [(pk, product.category_id) for pk, product in moved.items()]
        )
        return placed

    def _product_of(self, entry: SkuEntry, sku: Sku | None) -> Product | None:
        if not entry.product:
            return sku.product if sku else None
        if sku is not None and sku.product.name == entry.product:
            # Of several products with that name, the one that the SKU has. All entries share its instance, so that
            # a category given by one of them is not given again by the next.
            found = self.products.get(entry.product)
            return found if found is not None and found.pk == sku.product_id else sku.product
        return self.products.get(entry.product)

    def _add_barcodes(self, ids: dict[str, UUID]) -> list[SkuEntry]:
        adding = [entry for entry in self.entries if entry.barcode and entry.barcode not in self.barcodes]
        statements.insert(
            Barcode,
            ("id", "organization", "sku", "code"),
            [(new_id(), self.organization.pk, ids[sku_key(entry.code)], entry.barcode) for entry in adding],
        )
        return adding


def _value_of(entry: SkuEntry, sku: Sku | None, name: str) -> Any:
    wanted = getattr(entry, name)
    if wanted is not None and wanted != "":
        return wanted
    if sku is not None:
        return getattr(sku, name)
    model_field: Any = Sku._meta.get_field(name)
    return model_field.get_default()


def _refuse(
    entry: SkuEntry, code: str, name: str, detail: str, *, category: type[Refusal] = InvalidInput
) -> Refusal:
    return category(code, detail, problems=[Problem(code, detail, entry.index, name)])
