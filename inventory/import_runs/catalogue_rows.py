"""Rows about SKUs of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, ProtectedError, RestrictedError

from inventory import statements
from inventory.catalogue import SkuEntry, save_skus
from inventory.import_runs.effects import Change, Effect, Judged, Trouble, post_good
from inventory.import_runs.row_work import RowWork
from inventory.imports.catalogue_file import Seen, entry_of
from inventory.imports.fields import BadValue, quoted
from inventory.models import (
    Barcode,
    Category,
    ImportRow,
    Lot,
    Product,
    RowOutcome,
    Sku,
    StockLevel,
    sku_key,
)

__all__ = ["CatalogueRows"]

#: Our columns that are columns of the SKU, and what those are called.
_OF_SKU: Final[Mapping[str, str]] = {
    "title": "title",
    "unit_cost": "unit_cost",
    "unit_price": "unit_price",
    "lot_controlled": "is_lot_controlled",
    "safety_stock": "safety_stock",
    "reorder_point": "reorder_point",
    "reorder_quantity": "reorder_quantity",
}
_STATED: Final = ("title", "product", "category", "unit_cost", "unit_price", "barcode")


class CatalogueRows(RowWork):
    permission = "products.write"
    is_organization_wide = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._seen = Seen()
        self._barcodes: dict[str, tuple[str, int]] = {}

    def read(self, row: ImportRow, cells: Mapping[str, str]) -> SkuEntry | None:
        entry = entry_of(cells, index=row.number)
        if not self._seen.is_news(entry, row.line):
            return None
        if entry.barcode:
            key, line = self._barcodes.setdefault(entry.barcode, (sku_key(entry.code), row.line))
            if key != sku_key(entry.code):
                raise BadValue("barcode", f"line {line} gives {quoted(entry.barcode)} to another SKU")
        return entry

    def post(self, entries: Sequence[SkuEntry]) -> Judged:
        return post_good(entries, self._save)

    def _save(self, entries: Sequence[SkuEntry]) -> dict[int, Effect]:
        before = _Before(self, entries)
        saved = save_skus(organization=self.organization, actor=self.access.actor, entries=entries)
        created, unchanged = set(saved.created), set(saved.unchanged)
        made = _ids(self, [entry for entry in entries if entry.index in created])
        effects: dict[int, Effect] = {}
        for entry in entries:
            key = sku_key(entry.code)
            if entry.index in created:
                effects[entry.index] = Effect(RowOutcome.NEW, _said(entry), made.get(key))
            elif entry.index in unchanged:
                effects[entry.index] = Effect(RowOutcome.SAME, (), before.skus[key].pk)
            else:
                effects[entry.index] = Effect(
                    RowOutcome.CHANGED, before.differences(entry), before.skus[key].pk
                )
        return effects

    # --- undoing

    def undo(self, rows: Iterable[ImportRow]) -> dict[int, Trouble]:
        """Old values come back where the SKU says what the import made it say; new SKUs go if nothing needs them."""
        rows = list(rows)
        ids = {row.subject_id for row in rows if row.subject_id}
        # The stronger lock for those that may be deleted: postings that make something of them end first.
        is_any_new = any(row.outcome == RowOutcome.NEW for row in rows)
        locked = Sku.objects.filter(organization=self.organization, pk__in=ids).order_by("pk")
        locked = locked.select_for_update(of=("self",), no_key=not is_any_new)
        skus = {sku.pk: sku for sku in locked.select_related("product__category")}
        barcodes = _barcodes_of(skus)
        kept: dict[int, Trouble] = {}
        old: list[tuple[ImportRow, Sku]] = []
        for row in rows:
            sku = skus.get(row.subject_id) if row.subject_id else None
            if sku is None:
                if row.changes:
                    kept[row.number] = ("sku", "the SKU has been deleted since")
                continue
            trouble = _touched(row, sku, barcodes[sku.pk])
            if trouble is not None:
                kept[row.number] = trouble
            elif row.outcome != RowOutcome.NEW:
                old.append((row, sku))
        self._restore(old)
        new = {
            row.subject_id: row
            for row in rows
            if row.subject_id is not None
            and row.outcome == RowOutcome.NEW
            and row.number not in kept
            and row.subject_id in skus
        }
        for key in self._delete(skus, new):
            kept[new[key].number] = ("sku", "has stock or a history: it cannot be deleted, only deactivated")
        return kept

    def _restore(self, rows: Sequence[tuple[ImportRow, Sku]]) -> None:
        values: list[tuple[Any, ...]] = []
        gone: list[tuple[UUID, str]] = []
        for row, sku in rows:
            for column, before, after in row.changes:
                if column in _OF_SKU:
                    name = _OF_SKU[column]
                    field: Any = Sku._meta.get_field(name)
                    setattr(sku, name, field.to_python(_value_of(name, before)))
                elif column == "barcode":
                    gone.append((sku.pk, after))
            values.append((sku.pk, *(getattr(sku, name) for name in _OF_SKU.values())))
        statements.update(Sku, tuple(_OF_SKU.values()), values)
        if gone:
            mine = Barcode.objects.filter(organization=self.organization, sku__in={key for key, _ in gone})
            pairs = set(gone)
            Barcode.objects.filter(
                pk__in=[code.pk for code in mine if (code.sku_id, code.code) in pairs]
            ).delete()
        self._restore_products(rows)

    def _restore_products(self, rows: Sequence[tuple[ImportRow, Sku]]) -> None:
        """Categories first: they are those of the product that the import has put the SKU under."""
        names = {
            before
            for row, _ in rows
            for column, before, _ in row.changes
            if column in ("product", "category")
        }
        categories = {
            category.name.casefold(): category
            for category in Category.objects.filter(organization=self.organization)
            if names
        }
        products = {
            product.name: product
            for product in Product.objects.filter(organization=self.organization, name__in=names).order_by(
                "-id"
            )
        }
        for row, sku in rows:
            changed = {column: before for column, before, _ in row.changes}
            if "category" in changed:
                category = categories.get(changed["category"].casefold())
                Product.objects.filter(pk=sku.product_id).update(category=category)
            if "product" in changed and (product := products.get(changed["product"])) is not None:
                Sku.objects.filter(pk=sku.pk).update(product=product)

    def _delete(self, skus: Mapping[UUID, Sku], new: Mapping[UUID, ImportRow]) -> set[UUID]:
        """Delete the SKUs that the import has made, and products left empty; the keys of those that stay."""
        wanted = set(new)
        if not wanted:
            return set()
        # Looked for first: deleting would fetch every row that stands in its way.
        stay = set(StockLevel.objects.filter(sku__in=wanted).values_list("sku_id", flat=True))
        stay |= set(Lot.objects.filter(sku__in=wanted).values_list("sku_id", flat=True))
        products = {skus[key].product_id for key in wanted - stay}
        try:
            with transaction.atomic():
                Sku.objects.filter(pk__in=wanted - stay).delete()
        except (ProtectedError, RestrictedError):
            for key in wanted - stay:
                try:
                    with transaction.atomic():
                        Sku.objects.filter(pk=key).delete()
                except (ProtectedError, RestrictedError):
                    stay.add(key)
        empty = Product.objects.filter(
            organization=self.organization, pk__in=products, created_at__gte=self.run.imported_at
        )
        alone = empty.annotate(count=Count("skus")).filter(count=0)
        Product.objects.filter(pk__in=list(alone.values_list("pk", flat=True))).delete()
        return stay


class _Before:
    """The SKUs that rows are about as they are before, locked; what rows would change of them."""

    def __init__(self, work: RowWork, entries: Sequence[SkuEntry]) -> None:
        known = Sku.objects.filter(organization=work.organization).with_codes(entry.code for entry in entries)
        locked = known.select_related("product__category").select_for_update(of=("self",), no_key=True)
        self.skus = {sku.code_key: sku for sku in locked.order_by("pk")}
        self._barcodes = _barcodes_of({sku.pk: sku for sku in self.skus.values()})
        names = {entry.product for entry in entries if entry.product}
        found = Product.objects.filter(organization=work.organization, name__in=names).order_by("-id")
        self._products = {product.name: product for product in found.select_related("category")}

    def differences(self, entry: SkuEntry) -> list[Change]:
        sku = self.skus[sku_key(entry.code)]
        found: list[Change] = []
        for column, name in _OF_SKU.items():
            wanted, current = getattr(entry, name), getattr(sku, name)
            if wanted not in (None, "") and wanted != current:
                found.append((column, _text(current), _text(wanted)))
        product: Product | None = sku.product
        if entry.product and entry.product != sku.product.name:
            found.append(("product", sku.product.name, entry.product))
            product = self._products.get(entry.product)
        category = product.category.name if product is not None and product.category is not None else ""
        if entry.category and entry.category.casefold() != category.casefold():
            found.append(("category", category, entry.category))
        if entry.barcode and entry.barcode not in self._barcodes[sku.pk]:
            found.append(("barcode", "", entry.barcode))
        return found


def _said(entry: SkuEntry) -> list[Change]:
    """What a row says of a SKU that it makes."""
    names = {column: column for column in _STATED} | dict(_OF_SKU)
    values = {column: getattr(entry, name) for column, name in names.items()}
    return [(column, "", _text(value)) for column, value in values.items() if value not in (None, "")]


def _touched(row: ImportRow, sku: Sku, barcodes: set[str]) -> Trouble | None:
    """What somebody has changed of it since the import, if anything."""
    category = sku.product.category.name if sku.product.category is not None else ""
    for column, _, after in row.changes:
        if column == "barcode":
            if after not in barcodes:
                return "barcode", f"{quoted(after)} is no longer one of this SKU"
            continue
        if column in _OF_SKU:
            current = _text(getattr(sku, _OF_SKU[column]))
        else:
            current = sku.product.name if column == "product" else category
        is_same = current.casefold() == after.casefold() if column == "category" else current == after
        if not is_same:
            return column, f"somebody has changed it to {quoted(current)} since"
    return None


def _barcodes_of(skus: Mapping[UUID, Sku]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {key: set() for key in skus}
    for key, code in Barcode.objects.filter(sku__in=skus).order_by().values_list("sku_id", "code"):
        found[key].add(code)
    return found


def _ids(work: RowWork, entries: Sequence[SkuEntry]) -> dict[str, UUID]:
    if not entries:
        return {}
    found = Sku.objects.filter(organization=work.organization).with_codes(entry.code for entry in entries)
    return dict(found.order_by().values_list("code_key", "pk"))


def _text(value: Any) -> str:
    """As it would stand in a file: `2.5`, not `2.5000`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def _value_of(name: str, text: str) -> Any:
    if name == "is_lot_controlled":
        return text == "true"
    return text if text or name == "title" else None
