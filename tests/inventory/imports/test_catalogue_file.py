"""`import_catalogue`: good lines kept, bad lines named, the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError

from inventory.imports import catalogue_file
from inventory.models import Barcode, Category, Product, Sku
from tests.factories import make_organization, make_sku
from warehouses.models import Organization
from warehouses.refusals import Conflict

Write = Callable[..., Path]
Run = Callable[..., list[str]]

pytestmark = pytest.mark.usefixtures("organization")

HEADER = (
    "sku,title,product,category,unit_cost,unit_price,barcode,"
    "lot_controlled,safety_stock,reorder_point,reorder_quantity"
)
GOOD = (
    "MUG-RED,Red mug,Mug,Kitchen,1.2,2.50,401,no,5,10,50",
    "MUG-BLUE,Blue mug,Mug,kitchen,1.2,2.50,402,,,,",
    "MILK,Milk 1 l,Milk,Food,,0.99,403,yes,0,0,0",
)


def titles() -> dict[str, str]:
    return dict(Sku.objects.values_list("code", "title"))


@pytest.mark.parametrize("name", ["goods.csv", "goods.csv.gz"])
def test_a_good_file_is_created_then_unchanged(write: Write, run: Run, name: str) -> None:
    path = write(name, HEADER, *GOOD)

    assert run("import_catalogue", path) == [
        f"{name}: 3 lines read",
        "created 3, updated 0, unchanged 0, rejected 0",
    ]
    assert run("import_catalogue", path) == [
        f"{name}: 3 lines read",
        "created 0, updated 0, unchanged 3, rejected 0",
    ]
    milk = Sku.objects.select_related("product__category").get(code="MILK")
    assert (milk.title, milk.product.name, milk.unit_cost, milk.unit_price, milk.is_lot_controlled) == (
        "Milk 1 l",
        "Milk",
        None,
        Decimal("0.99"),
        True,
    )
    assert sorted(Category.objects.values_list("name", flat=True)) == ["Food", "Kitchen"]
    assert sorted(Product.objects.values_list("name", flat=True)) == ["Milk", "Mug"]
    assert sorted(Barcode.objects.values_list("code", flat=True)) == ["401", "402", "403"]
    assert list(path.parent.iterdir()) == [path]


def test_changes_are_counted_as_updated(write: Write, run: Run) -> None:
    run("import_catalogue", write("a.csv", HEADER, *GOOD))

    assert run("import_catalogue", write("b.csv", "sku,title", "mug-red,Crimson mug", "MILK,")) == [
        "b.csv: 2 lines read",
        "created 0, updated 1, unchanged 1, rejected 0",
    ]
    assert titles() == {"MUG-RED": "Crimson mug", "MUG-BLUE": "Blue mug", "MILK": "Milk 1 l"}


def test_bad_lines_are_named_and_kept_apart(organization: Organization, write: Write, run: Run) -> None:
    make_sku(organization, "OLD", barcodes=["999"])
    path = write(
        "goods.csv",
        "sku,title,colour,unit_price,barcode,lot_controlled,safety_stock,product,category",
        "A,First,,1,,,,,",
        ',"No',
        'code",,1,,,,,',
        "B,,,1,,,,,",
        'C,"dear, very",,1e3,,,,,',
        "D,Sure?,,1,,maybe,,,",
        "E,Few,,1,,,-1,,",
        "F,Theirs,,1,999,,,,",
        "a,Again,,1,,,,,",
        "A,First,blue,1,,,,,",
        "G,Short,1",
        "H,One,,1,,,,Mug,Kitchen",
        "I,Two,,1,,,,Mug,Bath",
        "J,Last,=1+1,1,555,,,,",
        "K,Same code,,1,555,,,,",
    )

    assert run("import_catalogue", path) == [
        "goods.csv: 14 lines read",
        "created 3, updated 0, unchanged 1, rejected 10",
        "- columns not used: colour",
        f"rejected lines are in {path}.rejects.csv",
        "line 3: sku: is missing",
        "line 5: title: B is new and needs a title",
        "line 6: unit_price: “1e3” is not an amount such as 1234.5"
        " (a point, at most 10 digits before it and 4 after)",
        "line 7: lot_controlled: “maybe” is neither true nor false",
        "line 8: safety_stock: -1 is less than 0",
        "line 9: barcode: The barcode 999 belongs to another SKU",
        "line 10: sku: a is on line 2 already, with other values",
        "line 12: has 3 values, but the header names 9 columns",
        "line 14: category: line 13 puts the product “Mug” into “Kitchen”",
        "line 16: barcode: The barcode 555 belongs to another SKU",
    ]
    assert titles() == {"OLD": "Title of OLD", "A": "First", "H": "One", "J": "Last"}
    rejects = Path(f"{path}.rejects.csv")
    assert rejects.read_text().splitlines() == [
        "sku,title,colour,unit_price,barcode,lot_controlled,safety_stock,product,category,line,problem",
        ',"No',
        'code",,1,,,,,,3,sku: is missing',
        'B,,,1,,,,,,5,"title: B is new and needs a title"'.replace('"', ""),
        'C,"dear, very",,1e3,,,,,,6,"unit_price: “1e3” is not an amount such as 1234.5'
        ' (a point, at most 10 digits before it and 4 after)"',
        "D,Sure?,,1,,maybe,,,,7,lot_controlled: “maybe” is neither true nor false",
        "E,Few,,1,,,-1,,,8,safety_stock: -1 is less than 0",
        "F,Theirs,,1,999,,,,,9,barcode: The barcode 999 belongs to another SKU",
        'a,Again,,1,,,,,,10,"sku: a is on line 2 already, with other values"',
        'G,Short,1,,,,,,,12,"has 3 values, but the header names 9 columns"',
        "I,Two,,1,,,,Mug,Bath,14,category: line 13 puts the product “Mug” into “Kitchen”",
        "K,Same code,,1,555,,,,,16,barcode: The barcode 555 belongs to another SKU",
    ]
    assert run("import_catalogue", path)[1] == "created 0, updated 0, unchanged 4, rejected 10"


def test_a_rejects_file_that_is_put_right_goes_in(write: Write, run: Run, tmp_path: Path) -> None:
    rejects = tmp_path / "bad.csv"
    run("import_catalogue", write("goods.csv", "sku;title", "A;", "B;"), "--rejects", str(rejects))
    assert rejects.read_text() == (
        "sku;title;line;problem\n"
        "A;;2;title: A is new and needs a title\n"
        "B;;3;title: B is new and needs a title\n"
    )
    rejects.write_text(rejects.read_text().replace("A;;", "A;Mug;"))

    assert run("import_catalogue", rejects)[:2] == [
        "bad.csv: 2 lines read",
        "created 1, updated 0, unchanged 0, rejected 1",
    ]
    assert (tmp_path / "bad.csv.rejects.csv").read_text() == (
        "sku;title;line;problem\nB;;3;title: B is new and needs a title\n"
    )


def test_values_that_are_not_utf_8_come_back_as_they_were(write: Write, run: Run) -> None:
    path = write("goods.csv", "sku,title", "A,Café", "B,Tea", encoding="latin-1")

    assert run("import_catalogue", path)[1] == "created 1, updated 0, unchanged 0, rejected 1"
    assert Path(f"{path}.rejects.csv").read_bytes() == b"sku,title,line,problem\nA,Caf\xe9,2,is not UTF-8\n"


def test_a_dry_run_reports_the_same_and_writes_nothing(write: Write, run: Run) -> None:
    path = write("goods.csv", HEADER, *GOOD, "BAD,,,,,,,,,,")

    assert run("import_catalogue", path, "--dry-run") == [
        "goods.csv: 4 lines read (dry run, nothing is changed)",
        "created 3, updated 0, unchanged 0, rejected 1",
        "line 5: title: BAD is new and needs a title",
    ]
    assert (Sku.objects.count(), Product.objects.count(), Category.objects.count()) == (0, 0, 0)
    assert list(path.parent.iterdir()) == [path]


def test_other_names_are_mapped(write: Write, run: Run) -> None:
    path = write("artikel.csv", "Artikel;Bezeichnung;Preis;Farbe", "A;Becher;2.5;rot")

    lines = run(
        "import_catalogue",
        path,
        "--map",
        "artikel=sku",
        "--map",
        "Bezeichnung=title",
        "--map",
        "Preis=unit_price",
    )

    assert lines == [
        "artikel.csv: 1 lines read",
        "created 1, updated 0, unchanged 0, rejected 0",
        "- columns not used: Farbe",
    ]
    assert list(Sku.objects.values_list("code", "title", "unit_price")) == [("A", "Becher", Decimal("2.5"))]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--map", "Artikel=sku"], "The file has no column “artikel”; it has “sku”, “title”."),
        (["--map", "sku"], "is not of the form THEIRS=OURS"),
        (["--map", "title=name"], "there is no column “name”"),
        (["--map", "title=sku"], "Both “sku” and “title” are the column “sku”."),
        (["--preset", "online-retail"], "The file lacks the column “StockCode”"),
        (["--preset", "other"], "invalid choice: 'other'"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_done(
    write: Write, run: Run, options: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        run("import_catalogue", write("goods.csv", "sku,title", "A,One"), *options)

    assert Sku.objects.count() == 0


def test_a_file_without_its_columns_is_refused(write: Write, run: Run) -> None:
    with pytest.raises(CommandError, match="The file lacks the column “sku”; it has “code”, “title”"):
        run("import_catalogue", write("goods.csv", "code,title", "A,One"))


def test_an_unknown_organization_is_refused(write: Write, run: Run) -> None:
    with pytest.raises(CommandError, match="There is no organization “Nobody”"):
        run("import_catalogue", write("goods.csv", "sku,title", "A,One"), organization="Nobody")


def test_the_organization_is_named_or_given_by_id(organization: Organization, write: Write, run: Run) -> None:
    other = make_organization("Other")

    run("import_catalogue", write("a.csv", "sku,title", "A,One"), organization="ACME")
    run("import_catalogue", write("b.csv", "sku,title", "B,Two"), organization=other.public_id)

    assert set(Sku.objects.values_list("organization__name", "code")) == {("Acme", "A"), ("Other", "B")}


def test_the_imported_file_is_never_its_own_rejects_file(write: Write, run: Run, tmp_path: Path) -> None:
    path = write("goods.csv", "sku,title", "A,")

    with pytest.raises(CommandError, match="--rejects would overwrite the file that is imported"):
        run("import_catalogue", path, "--rejects", str(path))
    with pytest.raises(CommandError, match="is no place for a file"):
        run("import_catalogue", path, "--rejects", str(tmp_path / "absent" / "bad.csv"))


def test_what_a_truncated_file_holds_is_kept(write: Write, run: Run) -> None:
    path = write("goods.csv.gz", "sku,title", *(f"S{place},{place * place}" for place in range(5000)))
    path.write_bytes(path.read_bytes()[:-2000])

    with pytest.raises(
        CommandError, match=r"cannot be read beyond line \d+: .* What is counted above is done"
    ):
        run("import_catalogue", path)

    assert 500 < Sku.objects.count() < 5000


def test_a_contended_database_stops_the_import_between_batches(
    write: Write, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("goods.csv", "sku,title", *(f"S{place},Title" for place in range(1200)))
    plain = catalogue_file.save_skus
    calls = iter(range(9))

    def save_skus(**given: object) -> object:
        if next(calls) == 1:
            raise Conflict("CONTENTION", "Too many changes at once; try again.")
        return plain(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(catalogue_file, "save_skus", save_skus)
    with pytest.raises(CommandError, match=r"try again\. The same file run again does the rest\."):
        run("import_catalogue", path)
    assert Sku.objects.count() == 500

    assert run("import_catalogue", path)[1] == "created 700, updated 0, unchanged 500, rejected 0"


def test_a_long_list_of_rejects_is_cut_on_screen_only(write: Write, run: Run) -> None:
    path = write("goods.csv", "sku,title", *(f"S{place}," for place in range(23)))

    lines = run("import_catalogue", path)

    assert lines[-1] == "… and 3 more rejected lines"
    assert len(lines) == 3 + 20 + 1
    assert len(Path(f"{path}.rejects.csv").read_text().splitlines()) == 24
