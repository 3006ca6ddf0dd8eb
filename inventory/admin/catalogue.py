"""Categories, products, SKUs with their barcodes, and reason codes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.contrib import admin
from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.decorators import display

from inventory import catalogue
from inventory.admin.filters import SummaryStatusFilter
from inventory.admin.fresh_stock import FreshStock
from inventory.admin.labels import STATUS_LABELS
from inventory.admin.search import SkuSearch
from inventory.admin.tallied import Tallied
from inventory.formulas import StockStatus
from inventory.models import Barcode, Category, Product, ReasonCode, Sku, StockLevel, TallyKind
from inventory.reason_codes import BUILT_IN
from warehouses.access import Access
from warehouses.admin.filters import AutocompleteFilter
from warehouses.admin.forms import PlaceForm, ScopedForm
from warehouses.admin.inlines import ReadOnlyScopedInline, ScopedTabularInline
from warehouses.admin.label_action import PrintsLabels
from warehouses.admin.model_admins import RefusedDeletion, ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.refusals import Conflict

__all__ = ["CategoryAdmin", "ProductAdmin", "ReasonCodeAdmin", "SkuAdmin"]


class CatalogueAdmin(RefusedDeletion):
    """Everything is written through `inventory.catalogue`."""

    read_permission = "products.read"
    write_permission = "products.write"
    form = PlaceForm


@admin.register(Category)
class CategoryAdmin(CatalogueAdmin):
    icon = "category"
    fields = ("name",)
    list_display = ("name", "product_count")
    search_fields = ("name",)
    ordering = ("name", "pk")
    in_palette = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).annotate(products_held=_counted(Product, "category"))

    @admin.display(description="products", ordering="products_held")
    def product_count(self, category: Any) -> int:
        count: int = category.products_held
        return count

    def store(self, request: HttpRequest, access: Access, obj: Category, form: Any, change: bool) -> None:
        name = form.cleaned_data["name"]
        stored = (
            catalogue.change_category(access=access, category=obj, name=name)
            if change
            else catalogue.create_category(access=access, name=name)
        )
        obj.__dict__.update(stored.__dict__)

    def remove(self, request: HttpRequest, access: Access, obj: Category) -> None:
        catalogue.delete_category(access=access, category=obj)


class SkuInline(ReadOnlyScopedInline):
    model = Sku
    read_permission = "products.read"
    fields = readonly_fields = ("code", "title", "unit_cost", "unit_price", "is_active")
    verbose_name_plural = "SKUs"


@admin.register(Product)
class ProductAdmin(CatalogueAdmin):
    icon = "inventory_2"
    fields = ("name", "category")
    list_display = ("name", "category", "sku_count", "created_at")
    list_filter = ("category",)
    list_select_related = ("category",)
    search_fields = ("name",)
    ordering = ("name", "pk")
    autocomplete_fields = ("category",)
    inlines = (SkuInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return super().get_queryset(request).annotate(skus_held=_counted(Sku, "product"))

    @admin.display(description="SKUs", ordering="skus_held")
    def sku_count(self, product: Any) -> int:
        count: int = product.skus_held
        return count

    def store(self, request: HttpRequest, access: Access, obj: Product, form: Any, change: bool) -> None:
        stored = (
            catalogue.change_product(access=access, product=obj, **form.cleaned_data)
            if change
            else catalogue.create_product(access=access, **form.cleaned_data)
        )
        obj.__dict__.update(stored.__dict__)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """The SKUs under it are to look at."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []

    def remove(self, request: HttpRequest, access: Access, obj: Product) -> None:
        catalogue.delete_product(access=access, product=obj)


class BarcodeInline(ScopedTabularInline):
    model = Barcode
    form = ScopedForm
    read_permission = "products.read"
    write_permission = "products.write"
    fields = ("code",)


class LevelInline(ReadOnlyScopedInline):
    """Where the SKU is. Read-only: quantities change through the ledger."""

    model = StockLevel
    read_permission = "inventory.read"
    warehouse_path = "warehouse_id"
    fields = readonly_fields = ("warehouse", "on_hand", "reserved", "held", "available", "state")
    ordering = ("warehouse__name",)
    verbose_name_plural = "stock by warehouse"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        return super().get_queryset(request).select_related("warehouse", "sku")

    @display(description="status", label=STATUS_LABELS)
    def state(self, level: StockLevel) -> str:
        return str(StockStatus(level.status).label)


#: Columns of the list of SKUs that say what there is of them.
_OF_ALL_WAREHOUSES: Final = ("on_hand", "available", "state")


def _sees_all_stock(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.warehouse_ids("inventory.read") is None


class SkuForm(PlaceForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        product = self.fields.get("product")
        if product is not None and self.instance._state.adding:
            product.required = False
            product.help_text = "Empty: a product of its own, called like the SKU."


@admin.register(Sku)
class SkuAdmin(PrintsLabels, Tallied, FreshStock, CatalogueAdmin, SkuSearch):
    form = SkuForm
    label_kind = "sku"
    actions = ("print_labels",)
    sku_path = ""
    code_path = "code_key"
    icon = "barcode"
    fieldsets = (
        (None, {"fields": ("code", "title", "product", "is_active")}),
        ("Money and unit", {"fields": ("unit_cost", "unit_price", "base_unit")}),
        (
            "Stock",
            {"fields": ("is_lot_controlled", "safety_stock", "reorder_point", "reorder_quantity")},
        ),
    )
    export_also = (
        "product", "base_unit", "barcodes", "safety_stock", "reorder_point", "reorder_quantity", "created_at",
    )  # fmt: skip
    export_prefetch = ("barcodes",)
    # What an import reads again.
    export_names = {"code": "sku", "is_lot_controlled": "lot_controlled", "state": "status"}
    export_values = {"barcodes": lambda sku: " ".join(each.code for each in sku.barcodes.all())}
    list_display = (
        "code", "title", "category", "unit_cost", "unit_price",
        "on_hand", "available", "state", "is_lot_controlled", "is_active",
    )  # fmt: skip
    list_filter = (
        ("product__category", AutocompleteFilter),
        SummaryStatusFilter,
        "is_lot_controlled",
        "is_active",
    )
    list_select_related = ("product__category", "summary")
    search_fields = ("code_key__startswith", "title__icontains", "barcodes__code")
    search_help_text = "Code, title, or scan a barcode"
    ordering = ("code_key", "pk")
    tally_kind = TallyKind.SKU
    autocomplete_fields = ("product",)
    inlines = (BarcodeInline, LevelInline)

    def choice_label(self, obj: Sku) -> str:
        return f"{obj.code} · {obj.title}"

    def withheld_columns(self, request: HttpRequest) -> Collection[str]:
        """The summary is over all warehouses, for those who may read them all. The explorer adds up for the others."""
        return () if _sees_all_stock(request) else _OF_ALL_WAREHOUSES

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        every = super().get_list_filter(request)
        return (
            every if _sees_all_stock(request) else [each for each in every if each is not SummaryStatusFilter]
        )

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return (BarcodeInline, LevelInline) if obj is not None else (BarcodeInline,)

    @admin.display(description="category", ordering="product__category__name")
    def category(self, sku: Sku) -> Category | None:
        return sku.product.category

    @admin.display(description="on hand", ordering="summary__on_hand")
    def on_hand(self, sku: Sku) -> int | None:
        return sku.summary.on_hand if hasattr(sku, "summary") else None

    @admin.display(description="available", ordering="summary__available")
    def available(self, sku: Sku) -> int | None:
        return sku.summary.available if hasattr(sku, "summary") else None

    @display(description="status", ordering="summary__status", label=STATUS_LABELS)
    def state(self, sku: Sku) -> str:
        return str(StockStatus(sku.summary.status).label) if hasattr(sku, "summary") else "Never stocked"

    def store(self, request: HttpRequest, access: Access, obj: Sku, form: Any, change: bool) -> None:
        stored = (
            catalogue.change_sku(access=access, sku=obj, **form.cleaned_data)
            if change
            else catalogue.create_sku(access=access, **form.cleaned_data)
        )
        obj.__dict__.update(stored.__dict__)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Barcodes: what was typed is added and taken away, and nothing else."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if formset.model is not Barcode or not formset.has_changed():
            return
        access = self.require_access(request)
        codes = dict.fromkeys(form.instance.barcodes.order_by("code").values_list("code", flat=True))
        for row in formset.forms:
            is_new = row.instance._state.adding
            if row in formset.deleted_forms and not is_new:
                codes.pop(row.initial["code"], None)
                formset.deleted_objects.append(row.instance)
            elif row.has_changed() and row not in formset.deleted_forms:
                if not is_new:
                    codes.pop(row.initial["code"], None)
                    formset.changed_objects.append((row.instance, row.changed_data))
                else:
                    formset.new_objects.append(row.instance)
                codes[row.cleaned_data["code"]] = None
        catalogue.change_sku(access=access, sku=form.instance, barcodes=list(codes))

    def remove(self, request: HttpRequest, access: Access, obj: Sku) -> None:
        catalogue.delete_sku(access=access, sku=obj)


@admin.register(ReasonCode)
class ReasonCodeAdmin(ScopedModelAdmin):
    """Reason codes that movements refer to are deactivated rather than deleted."""

    read_permission = "inventory.read"
    write_permission = "inventory.write"
    icon = "sell"
    fields = ("code", "name", "direction", "nature", "is_active")
    list_display = ("code", "name", "direction", "nature", "is_active")
    list_filter = ("direction", "nature", "is_active")
    search_fields = ("code", "name")
    ordering = ("code_key", "pk")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        # History is read by code and direction: what it means does not change once it is in use.
        fixed = ("code", "direction", "nature")
        return (*fixed, "is_active") if obj.code_key in BUILT_IN else fixed

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, ReasonCode) and obj.code_key in BUILT_IN:
            return False
        return super().has_delete_permission(request, obj)

    def remove(self, request: HttpRequest, access: Access, obj: Any) -> None:
        if obj.code_key in BUILT_IN:
            raise Conflict("BUILT_IN", f"{obj.code} is needed by the product itself.")
        super().remove(request, access, obj)


def _counted(model: type[Model], owner: str) -> Coalesce:
    """How many rows of `model` an owner has: a look-up per row shown, where a join would count them all to page."""
    rows = model._default_manager.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    counts = rows.annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)
