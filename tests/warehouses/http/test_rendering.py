"""How answers become bytes."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest

from warehouses.http.rendering import DecimalJSONRenderer, csv_text, json_bytes


class TestJson:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (Decimal("25.00"), b"25.00"),
            (Decimal("0.00"), b"0.00"),
            (Decimal("0.10"), b"0.10"),
            (Decimal("9999999999.99"), b"9999999999.99"),
            (Decimal("12345678901234567890.12"), b"12345678901234567890.12"),
        ],
    )
    def test_a_decimal_is_a_number_with_its_own_digits(self, value: Decimal, text: bytes) -> None:
        assert json_bytes({"price": value}) == b'{"price":' + text + b"}"

    def test_the_rest_is_plain_json(self) -> None:
        value = {"a": [1, -5, True, None, 1.5, 'ü\n\u2028"</script>'], "b": {}}
        assert json.loads(json_bytes(value)) == value
        assert json_bytes({"ä": "ü"}) == '{"ä":"ü"}'.encode()

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
    def test_what_is_no_json_number_is_not_written_as_one(self, value: float) -> None:
        with pytest.raises(ValueError, match="not JSON compliant"):
            json_bytes({"price": value})

    def test_nothing_is_no_body(self) -> None:
        assert DecimalJSONRenderer().render(None) == b""


class TestCsv:
    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=", "-"])
    def test_a_text_is_no_formula(self, text: str) -> None:
        ((cell,),) = csv.reader(io.StringIO(csv_text([[text]]), newline=""))
        assert cell == f"'{text}"

    @pytest.mark.parametrize("text", ["", "a=1", "1-2", " =1", "'x", "Ä", 'say "x"', "a,b", "a\nb"])
    def test_other_texts_come_back_as_they_were(self, text: str) -> None:
        assert list(csv.reader(io.StringIO(csv_text([[text, "end"]]), newline=""))) == [[text, "end"]]

    def test_numbers_stay_numbers(self) -> None:
        assert csv_text([["n", -5], ["m", 0]]) == "n,-5\r\nm,0\r\n"
