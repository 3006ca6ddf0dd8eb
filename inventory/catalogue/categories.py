"""Categories: groups of products."""

from __future__ import annotations

from inventory.catalogue import rows
from inventory.models import Category, Product
from warehouses import transactions
from warehouses.access import Access
from warehouses.refusals import Conflict, NotFound, Problem

__all__ = ["change_category", "create_category", "delete_category", "find_category", "lock_category"]


def find_category(*, access: Access, public_id: str, field: str | None = None) -> Category:
    """Raises NotFound `CATEGORY_NOT_FOUND`; `field` is the input that names it, None where the address does."""
    return rows.find(Category.objects.all(), access, public_id, _missing(field))


def lock_category(*, access: Access, category: Category, field: str | None = None) -> Category:
    """The category as it is now and until the transaction ends. Raises NotFound `CATEGORY_NOT_FOUND`."""
    return rows.lock(Category.objects.all(), access, category, _missing(field))


def create_category(*, access: Access, name: str) -> Category:
    """Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_INPUT`, Conflict `CATEGORY_NAME_TAKEN`."""
    rows.require_editor(access)

    def work() -> Category:
        category = Category(organization=access.organization, name=name.strip())
        _save(category)
        return category

    category = transactions.run(work)
    rows.tell("category.created", access, category)
    return category


def change_category(*, access: Access, category: Category, name: str) -> Category:
    """Raises what `create_category` raises, and NotFound `CATEGORY_NOT_FOUND`."""
    rows.require_editor(access)

    def work() -> Category:
        current = lock_category(access=access, category=category)
        current.name = name.strip()
        _save(current)
        return current

    changed = transactions.run(work)
    rows.tell("category.changed", access, changed)
    return changed


def delete_category(*, access: Access, category: Category) -> None:
    """Delete a category; its products stay, without one.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `CATEGORY_NOT_FOUND`, Conflict `CATEGORY_IN_USE`.
    """
    rows.require_editor(access)

    def work() -> None:
        # Before the category: whoever puts a product into it locks them in this order too.
        list(
            Product.objects.filter(category=category)
            .select_for_update(no_key=True)
            .order_by("pk")
            .values_list("pk")
        )
        current = rows.lock(Category.objects.all(), access, category, _missing(None), no_key=False)
        detail = f"“{current}” cannot be deleted: other records need it."
        rows.delete(current, Conflict("CATEGORY_IN_USE", detail))

    transactions.run(work)
    rows.tell("category.deleted", access, category)


def _save(category: Category) -> None:
    same = Category.objects.filter(organization=category.organization, name__iexact=category.name)
    detail = f"There is a category “{category.name}” already (capitals make no difference)."
    rows.save(category, [("name", "CATEGORY_NAME_TAKEN", detail, same)])


def _missing(field: str | None) -> NotFound:
    detail = "There is no such category."
    problems = [Problem("CATEGORY_NOT_FOUND", detail, field=field)] if field else []
    return NotFound("CATEGORY_NOT_FOUND", detail, problems=problems)
