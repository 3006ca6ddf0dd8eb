"""Only the ledger writes quantities and movements: nothing else in the source does, as far as reading it can tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib import admin
from django.test import RequestFactory

from inventory.models import Movement, StockItem, StockLevel, StockSummary
from warehouses.models import User

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "warehouses", "inventory", "stock_requests", "cycle_counts")

GUARDED = {"StockItem", "StockLevel", "StockSummary", "Movement"}
#: Names under which the guarded rows hang on other models.
RELATED = {"levels", "items", "stock_items", "movements", "summary", "level", "stock_item"}
QUANTITIES = {"on_hand", "held", "reserved", "level_after", "level_before", "item_after", "delta"}
WRITES = {
    *("create", "acreate", "bulk_create", "abulk_create", "get_or_create", "aget_or_create"),
    *("update", "aupdate", "bulk_update", "abulk_update", "update_or_create", "aupdate_or_create"),
    *(
        "save",
        "asave",
        "save_base",
        "delete",
        "adelete",
        "_raw_delete",
        "insert",
        "add",
        "set",
        "remove",
        "clear",
    ),
}
TABLES = "stockitem|stocklevel|stocksummary|movement"
VERB = (
    r"(insert\s+(or\s+\w+\s+)?into|replace\s+into|merge\s+into"
    r"|update(\s+or\s+\w+)?|delete\s+from|truncate(\s+table)?)"
)
RAW = re.compile(rf'\b{VERB}\s+(only\s+)?["`\[]?inventory_({TABLES})\b', re.IGNORECASE)
RAW_UNNAMED = re.compile(rf"\b{VERB}\s*$", re.IGNORECASE)
#: The triggers that keep sort codes and `is_low` equal write no quantity.
REPEATED = re.compile(
    r"UPDATE inventory_stock(level|summary) SET sort_code = NEW\.code_key WHERE sku_id = NEW\.id"
    r"|UPDATE inventory_stockitem( i)?\s+SET is_low = [^,;]*?(?=WHERE|FROM|$)"
)


def violations(source: str) -> list[tuple[int, str]]:
    """(line, what) of everything in `source` that writes, or may write, guarded rows."""
    return sorted(set(_Reader(source).found))


class _Reader(ast.NodeVisitor):
    """Follows names within one module: one that was made from guarded rows is guarded itself."""

    def __init__(self, source: str) -> None:
        self.found: list[tuple[int, str]] = []
        self.aliases = set(GUARDED)
        self.holders: set[str] = set()
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                self.aliases |= {name.asname for name in node.names if name.name in GUARDED and name.asname}
        known = -1
        while known != len(self.holders):  # until no more names are made from known ones
            known = len(self.holders)
            for node in ast.walk(tree):
                self._follow(node)
        self.visit(tree)

    def _follow(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
            if self._is_rows(node.value) or (annotation is not None and self._mentions(annotation)):
                self._hold(targets)
        elif isinstance(node, ast.For | ast.comprehension) and self._is_rows(node.iter):
            self._hold([node.target])
        elif isinstance(node, ast.arg) and node.annotation is not None and self._mentions(node.annotation):
            self.holders.add(node.arg)

    def _hold(self, targets: list[ast.expr]) -> None:
        for target in targets:
            if isinstance(target, ast.Tuple | ast.List):
                self._hold(target.elts)
            elif isinstance(target, ast.Name):
                self.holders.add(target.id)

    def _mentions(self, node: ast.AST) -> bool:
        """Whether an annotation names a guarded model, quoted or not."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in self.aliases:
                return True
            text = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
            if self.aliases.intersection(re.findall(r"\w+", text)):
                return True
        return False

    def _is_rows(self, node: ast.expr) -> bool:
        """Whether an expression is a guarded model, a query of it, one of its rows or a collection of those."""
        if isinstance(node, ast.Name):
            return node.id in self.aliases or node.id in self.holders
        if isinstance(node, ast.Attribute):
            return node.attr in GUARDED or node.attr in RELATED or self._is_rows(node.value)
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in {
                "list",
                "sorted",
                "set",
                "tuple",
                "reversed",
            }:
                return any(self._is_rows(argument) for argument in node.args)
            if isinstance(node.func, ast.Attribute) and node.func.attr in {
                "values",
                "values_list",
                "aggregate",
            }:
                return False  # plain values have nothing to save
            return self._is_rows(node.func)
        if isinstance(node, ast.Subscript | ast.Await | ast.Starred):
            return self._is_rows(node.value)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return any(self._is_rows(element) for element in node.elts)
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
            return self._is_rows(node.elt)
        if isinstance(node, ast.IfExp):
            return self._is_rows(node.body) or self._is_rows(node.orelse)
        if isinstance(node, ast.BoolOp):
            return any(self._is_rows(value) for value in node.values)
        return False

    def _report(self, node: ast.AST, what: str) -> None:
        self.found.append((getattr(node, "lineno", 0), what))

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            name = node.func.attr
            if self._is_rows(node.func.value) and not self._is_plain(node.func.value):
                self._report(node, f"{ast.unparse(node.func.value)}.{name}")
            elif self._names_a_guarded_model(node):
                self._report(node, f"{name}({ast.unparse(node.args[0])}…)")
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if isinstance(node.func, ast.Name) and name in WRITES and self._names_a_guarded_model(node):
            self._report(node, f"{name}({ast.unparse(node.args[0])}…)")
        named = node.args[1] if len(node.args) > 1 else None
        if name == "setattr" and isinstance(named, ast.Constant) and named.value in QUANTITIES:
            self._report(node, f"setattr {named.value}")
        if name == "get_model" and any(
            isinstance(part, ast.Constant)
            and str(part.value).split(".")[-1].lower() in {g.lower() for g in GUARDED}
            for part in node.args
        ):
            self._report(node, "get_model")
        self.generic_visit(node)

    def _names_a_guarded_model(self, call: ast.Call) -> bool:
        return any(isinstance(argument, ast.Name) and argument.id in self.aliases for argument in call.args)

    def _is_plain(self, owner: ast.expr) -> bool:
        """The items of a dict, not those of a level: `items()` is called."""
        return (
            isinstance(owner, ast.Call)
            and isinstance(owner.func, ast.Attribute)
            and owner.func.attr == "items"
        )

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._check_target(target)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._check_target(node.target)
        self.generic_visit(node)

    def _check_target(self, target: ast.expr) -> None:
        for part in ast.walk(target):
            if isinstance(part, ast.Attribute) and part.attr in QUANTITIES:
                self._report(part, f"{ast.unparse(part)} =")

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            text = REPEATED.sub("", node.value)
            if RAW.search(text):
                self._report(node, "SQL")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """SQL whose table is filled in: which one cannot be told, so none may be."""
        for part, following in zip(node.values, node.values[1:], strict=False):
            is_filled = isinstance(part, ast.Constant) and isinstance(following, ast.FormattedValue)
            if is_filled and RAW_UNNAMED.search(str(part.value)):  # type: ignore[attr-defined]
                self._report(node, "SQL into a table that is filled in")
        self.generic_visit(node)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            inside = path.relative_to(ROOT)
            if inside.parts[:2] == ("inventory", "ledger") or "migrations" in inside.parts:
                continue
            if inside.parts == ("inventory", "statements.py"):
                continue  # it writes what it is told to: whoever calls it with one of these is noticed there
            yield path


def test_only_the_ledger_writes_quantities_and_movements() -> None:
    paths = list(sources())
    assert len(paths) > 60
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in paths
        for line, what in violations(path.read_text(encoding="utf-8"))
    ]
    assert found == []


PLANTED = [
    "StockLevel.objects.create(sku=sku)",
    "StockLevel.objects.filter(sku=sku).update(reserved=1)",
    "StockItem.objects.bulk_create([])",
    "Movement.objects.all().delete()",
    "inventory.models.Movement.objects.bulk_update(rows, ['note'])",
    "models.StockSummary.objects.update_or_create(sku=sku)",
    "StockLevel(sku=sku).save()",
    "level = StockLevel.objects.get(pk=1)\nlevel.save()",
    "levels = list(StockLevel.objects.all())\nfor level in levels:\n    level.save()",
    "def work(level: StockLevel) -> None:\n    level.save(update_fields=['version'])",
    "def work(rows: 'QuerySet[StockItem]') -> None:\n    rows.filter(pk=1).update(version=2)",
    "from inventory.models import StockItem as Item\nItem.objects.update(version=1)",
    "sku.levels.update(version=1)",
    "sku.summary.save()",
    "level.items.all().delete()",
    "shelf.stock_items.filter(lot=None).update(lot=lot)",
    "movement.level.save()",
    "locked = StockLevel.objects.select_for_update().filter(pk=1)\nlocked.update(version=1)",
    "found.on_hand = 5",
    "found.on_hand -= 5",
    "found.reserved, other = 1, 2",
    "setattr(found, 'held', 3)",
    "statements.insert(StockLevel, columns, values)",
    "insert(StockLevel, columns, values)",
    "statements.update(Movement, columns, values)",
    "apps.get_model('inventory', 'StockItem')",
    "apps.get_model('inventory.Movement')",
    "cursor.execute('UPDATE inventory_stocklevel SET on_hand = 0')",
    "cursor.execute('update \"inventory_stockitem\" set on_hand = 0')",
    "cursor.execute('INSERT  INTO inventory_movement VALUES (1)')",
    "cursor.execute('INSERT OR REPLACE INTO inventory_movement VALUES (1)')",
    "cursor.execute('DELETE FROM inventory_movement')",
    "cursor.execute('TRUNCATE inventory_stocksummary')",
    "cursor.execute(f'UPDATE {table} SET on_hand = 0')",
    "cursor.execute(f'DELETE FROM {StockLevel._meta.db_table}')",
    "cursor.execute('UPDATE inventory_stocklevel SET sort_code = NEW.code_key, on_hand = 0')",
]


@pytest.mark.parametrize("source", PLANTED)
def test_a_planted_write_is_noticed(source: str) -> None:
    assert violations(source), source


@pytest.mark.parametrize(
    "source",
    [
        "StockLevel.objects.filter(sku=sku).first()",
        "rows = StockLevel.objects.values('pk')\nshown = dict(rows[0])\nshown.update(a=1)",
        "for name, value in mapping.items():\n    seen.add(name)",
        "Sku.objects.create(code='A')",
        "cursor.execute('SELECT * FROM inventory_movement FOR UPDATE')",
        "post(organization=organization, actor=actor, lines=lines, document=document)",
        "'BEFORE UPDATE OR DELETE ON inventory_movement'",
        "'UPDATE inventory_stocklevel SET sort_code = NEW.code_key WHERE sku_id = NEW.id;'",
        "cursor.execute(f'SELECT {columns} FROM inventory_stocklevel')",
    ],
)
def test_reading_and_writing_other_things_is_not(source: str) -> None:
    assert violations(source) == []


def test_the_ledger_itself_would_be_noticed() -> None:
    """The reader finds the writes where they are meant to be."""
    found = violations((ROOT / "inventory/ledger/posting.py").read_text(encoding="utf-8"))
    assert {what for _, what in found} >= {"insert(StockItem…)", "update(StockLevel…)", "insert(Movement…)"}


@pytest.mark.django_db
@pytest.mark.parametrize("model", [StockItem, StockLevel, StockSummary, Movement])
def test_no_page_of_the_admin_writes_them(model: type) -> None:
    """Not even for a superuser: forms, list editing, inlines and the delete action are closed."""
    request = RequestFactory().get("/admin/")
    request.user = User.objects.create_superuser("root@example.com", "correct horse battery")  # type: ignore[attr-defined]
    for registered, page in admin.site._registry.items():
        for place in [page, *(inline(registered, admin.site) for inline in page.inlines)]:
            if place.model is model:
                assert not place.has_add_permission(request, None) if place is not page else True
                assert not (place is page and page.has_add_permission(request))
                assert not place.has_change_permission(request)
                assert not place.has_delete_permission(request)
