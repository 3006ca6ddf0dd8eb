"""A real month of a real shop: every line in, and every SKU's on-hand recomputed with plain Python."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from inventory.models import Adjustment, Movement, Sku, StockLevel
from inventory.verification import verify
from tests.databases import gather_statistics
from tests.factories import make_sku
from warehouses.models import Organization

Write = Callable[..., Path]
Run = Callable[..., list[str]]

MONTH = Path(__file__).parents[2] / "data" / "online_retail_2010_12.csv.gz"
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID"

# For the recomputation: said in another way than the product says it, so that one checks the other.
STOCK_CODE = re.compile(r"\d{5}|DCGS\d{4}")
REMARKS = {"", "?", "amazon", "amazon sales", "check", "damages", "Dotcom sales", "faulty", "Found"}


@pytest.fixture(autouse=True)
def shop(organization: Organization) -> Organization:
    organization.time_zone = "Europe/London"
    organization.save()
    return organization


def recompute(opening_extra: int = 0) -> tuple[dict[str, int], dict[str, int]]:
    """On hand and opening stock of each code in capitals, from the file alone."""
    running: dict[str, int] = defaultdict(int)
    lowest: dict[str, int] = defaultdict(int)
    with gzip.open(MONTH, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            code = row["StockCode"].upper()
            if not STOCK_CODE.match(code):
                continue
            is_correction = (
                float(row["UnitPrice"]) == 0
                and not row["CustomerID"]
                and row["Description"].strip() in REMARKS
            )
            quantity = int(row["Quantity"])
            running[code] += quantity if is_correction else -quantity
            lowest[code] = min(lowest[code], running[code])
    opening = {code: opening_extra - low for code, low in lowest.items()}
    return {code: running[code] + opening[code] for code in running}, opening


# Committed batch by batch, as it really is: PostgreSQL would otherwise check 300,000 references in one statement.
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)  # 42,481 lines twice, on a machine that has other things to do
def test_a_month_goes_in_and_adds_up(run: Run, is_postgresql: bool) -> None:
    assert run("import_catalogue", MONTH, "--preset", "online-retail") == [
        "online_retail_2010_12.csv.gz: 42,481 lines read",
        "created 2,752, updated 0, unchanged 0, skipped 195, rejected 0",
        "- no stock, left out: POST 69, DOT 54, M 39, C2 10, D 8, AMAZONFEE 7, BANK CHARGES 3, S 2, gift_0001_40 1,"
        " m 1, gift_0001_50 1",
        "- 59 of 2,752 codes written in several ways (85123A, 85123a): one SKU, in the commonest spelling",
        "- 18 of 2,752 codes described in several ways: the most frequent description is the title",
        "- 20 of 2,752 codes never described: a new SKU has its code for a title",
        "- 21 of 2,752 codes without a price",
    ]
    assert run("import_catalogue", MONTH, "--preset", "online-retail")[1] == (
        "created 0, updated 0, unchanged 2,752, skipped 195, rejected 0"
    )
    command = (
        "import_movements",
        MONTH,
        "--preset",
        "online-retail",
        "--opening-stock",
        "cover",
        "--opening-extra=20",
    )

    assert run(*command) == [
        "online_retail_2010_12.csv.gz: 42,481 lines read",
        "created 42,286, updated 0, unchanged 0, skipped 195, rejected 0",
        "- opening stock: 409,698 units of 2,752 SKUs",
        "- by reason: SALE 41,448, RETURN 698, ADJUSTMENT 140",
        "- no stock, left out: POST 69, DOT 54, M 39, C2 10, D 8, AMAZONFEE 7, BANK CHARGES 3, S 2, gift_0001_40 1,"
        " m 1, gift_0001_50 1",
    ]

    on_hand, opening = recompute(opening_extra=20)
    assert {
        code.upper(): units for code, units in StockLevel.objects.values_list("sku__code", "on_hand")
    } == on_hand
    assert {
        code.upper(): units
        for code, units in Movement.objects.filter(reason_code__code="opening_stock").values_list(
            "sku__code", "delta"
        )
    } == opening
    assert sum(on_hand.values()) == sum(Movement.objects.values_list("delta", flat=True))
    if is_postgresql:
        # Autovacuum has not come yet, and without statistics the checks take minutes.
        gather_statistics()
    # Six adjustments of opening stock, then one for every 500 lines.
    assert Adjustment.objects.count() == 6 + 85
    assert list(verify()) == []

    before = (Movement.objects.count(), Adjustment.objects.count())
    assert run(*command)[1:] == [
        "created 0, updated 0, unchanged 42,286, skipped 195, rejected 0",
        "- no stock, left out: POST 69, DOT 54, M 39, C2 10, D 8, AMAZONFEE 7, BANK CHARGES 3, S 2, gift_0001_40 1,"
        " m 1, gift_0001_50 1",
    ]
    assert (Movement.objects.count(), Adjustment.objects.count()) == before


def test_an_article_is_what_most_of_its_lines_say(write: Write, run: Run) -> None:
    path = write(
        "shop.csv",
        HEADER,
        "1,85123a,T-LIGHT HOLDER,1,2010-12-01T08:26:00,3.0,",
        "1,85123A,WHITE HEART  T-LIGHT HOLDER ,6,2010-12-01T08:26:00,5.06,17850",
        "2,85123A,WHITE HEART T-LIGHT HOLDER,6,2010-12-01T08:28:00,2.55,17850",
        "3,85123A,wet and rotten,-2,2010-12-01T09:00:00,0,",
        "3,85123A,wet and rotten,-2,2010-12-01T09:00:00,0,",
        "3,85123A,wet and rotten,-2,2010-12-01T09:00:00,0,",
        "4,21134,,1,2010-12-01T14:32:00,0,",
        "5,DCGS0076,SUNJAR LED,1,2010-12-01T14:32:00,16.13,",
        "6,POST,POSTAGE,1,2010-12-01T14:32:00,18,",
        "7,gift_0001_40,Voucher,1,2010-12-01T14:32:00,34.04,",
        "8,,NO CODE,1,2010-12-01T14:32:00,1,",
        "9,22423,REGENCY CAKESTAND,1,2010-12-01T14:32:00,1e1,",
    )

    lines = run("import_catalogue", path, "--preset", "online-retail")

    assert lines == [
        "shop.csv: 12 lines read",
        "created 3, updated 0, unchanged 0, skipped 2, rejected 2",
        "- no stock, left out: POST 1, gift_0001_40 1",
        "- 1 of 3 codes written in several ways (85123A, 85123a): one SKU, in the commonest spelling",
        "- 1 of 3 codes described in several ways: the most frequent description is the title",
        "- 1 of 3 codes never described: a new SKU has its code for a title",
        "- 1 of 3 codes without a price",
        f"rejected lines are in {path}.rejects.csv",
        "line 12: StockCode: is missing",
        "line 13: UnitPrice: “1e1” is not an amount such as 1234.5"
        " (a point, at most 10 digits before it and 4 after)",
    ]
    assert list(
        Sku.objects.values_list("code", "title", "product__name", "product__category", "unit_price")
    ) == [
        ("21134", "21134", "21134", None, None),
        ("85123A", "WHITE HEART T-LIGHT HOLDER", "WHITE HEART T-LIGHT HOLDER", None, Decimal("2.55")),
        ("DCGS0076", "SUNJAR LED", "SUNJAR LED", None, Decimal("16.13")),
    ]


def test_a_month_without_description_takes_no_title_away(
    organization: Organization, write: Write, run: Run
) -> None:
    make_sku(organization, "21134", title="A GOOD TITLE")

    path = write("shop.csv", HEADER, "4,21134,,1,2010-12-01T14:32:00,0,")
    assert run("import_catalogue", path, "--preset", "online-retail")[1] == (
        "created 0, updated 0, unchanged 1, rejected 0"
    )
    assert Sku.objects.get().title == "A GOOD TITLE"


def test_a_line_is_a_sale_a_cancellation_or_a_correction(
    organization: Organization, write: Write, run: Run
) -> None:
    make_sku(organization, "22139")
    path = write(
        "shop.csv",
        HEADER,
        "1,22139,TEA SET,10,2010-12-01T08:26:00,4.95,17850",
        "C2,22139,TEA SET,-4,2010-12-01T09:00:00,4.95,17850",
        "3,22139,damages,-3,2010-12-01T10:00:00,0,",
        "4,22139,Found,5,2010-12-01T11:00:00,0,",
        "5,22139,TEA SET,1,2010-12-01T12:00:00,0,",
        "6,22139,,1,2010-07-01T12:00:00,0,12647",
        "7,22139,TEA SET,-1,2010-12-01T13:00:00,4.95,17850",
        "C8,22139,TEA SET,2,2010-12-01T13:00:00,4.95,17850",
        "9,22139,TEA SET,1,,4.95,17850",
        ",22139,TEA SET,1,2010-12-01T13:00:00,4.95,17850",
        "C11,D,Discount,-1,2010-12-01T13:00:00,27.5,",
        "12,99999,NEW,1,2010-12-01T13:00:00,4.95,17850",
    )

    lines = run("import_movements", path, "--preset", "online-retail", "--opening-stock", "cover")

    assert lines == [
        "shop.csv: 12 lines read",
        "created 6, updated 0, unchanged 0, skipped 1, rejected 5",
        "- opening stock: 10 units of 1 SKUs",
        "- by reason: SALE 3, ADJUSTMENT 2, RETURN 1",
        "- no stock, left out: D 1",
        f"rejected lines are in {path}.rejects.csv",
        "line 8: Quantity: -1 is negative, but the line is neither a cancellation nor a correction",
        "line 9: Quantity: 2 is not negative on a cancellation",
        "line 10: InvoiceDate: is missing",
        "line 11: InvoiceNo: is missing",
        "line 13: sku: there is no SKU 99999",
    ]
    fields = ("reference", "delta", "reason_code__code", "note")
    posted = Movement.objects.exclude(reason_code__code="opening_stock")
    assert sorted(posted.values_list(*fields)) == [
        ("1", -10, "SALE", ""),
        ("3", -3, "ADJUSTMENT", "damages"),
        ("4", 5, "ADJUSTMENT", "Found"),
        ("5", -1, "SALE", ""),
        ("6", -1, "SALE", ""),
        ("C2", 4, "RETURN", ""),
    ]
    assert posted.get(reference="6").occurred_at == datetime(2010, 7, 1, 11, tzinfo=UTC)
    assert Counter(StockLevel.objects.values_list("on_hand", flat=True)) == {4: 1}
