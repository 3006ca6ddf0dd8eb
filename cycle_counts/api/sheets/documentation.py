"""How the routes of sheets are described."""

from __future__ import annotations

from typing import Any, Final

from cycle_counts.api.batches.documentation import (
    CHANGING,
    COUNTED,
    COUNTING,
    COUNTING_LINE,
    ENTERING,
    LINE,
    LOCATION,
    TAG,
)
from cycle_counts.api.batches.schemas import BatchRecord
from cycle_counts.api.problem_codes import CYCLE_COUNT_NOT_FOUND, INVALID_SHEET, TOO_MANY_COUNTS
from cycle_counts.api.sheets.bodies import SheetBody
from cycle_counts.api.sheets.schemas import BlindForm
from warehouses.http.operations import Operation, Parameter

__all__ = ["get_blind_form", "upload_sheet"]

_HEADING: Final = "line_id,position,bin,sku,title,lot,unit,counted,note"
_BLANK: Final = f"{COUNTING_LINE},1,A-01-1,SKU-001,Blue Widget 500ml,,each,,"
_FILLED: Final = f"{COUNTING_LINE},1,A-01-1,SKU-001,Blue Widget 500ml,,each,348,"
_FORM: Final[dict[str, Any]] = {
    "batchId": COUNTING,
    "number": "CC-00012",
    "name": "Blue widgets",
    "locationId": LOCATION,
    "locationName": "Warehouse A",
    "status": "counting",
    "dueOn": "2026-03-13",
    "note": None,
    "bins": [
        {
            "binId": LINE["binId"],
            "binCode": LINE["binCode"],
            "roomName": "Storage",
            "lines": [
                {
                    "lineId": COUNTING_LINE,
                    "position": 1,
                    "sku": "SKU-001",
                    "title": "Blue Widget 500ml",
                    "barcode": "4006381333931",
                    "lotCode": None,
                    "expiresOn": None,
                    "unit": "each",
                }
            ],
        }
    ],
}

get_blind_form = Operation(
    id="getBlindCountForm",
    tag=TAG,
    summary="Get the blind form of a cycle count",
    description="What to look for and where, in the order in which the bins are walked, and no quantity at all, "
    "whether the count is blind or not. With `Accept: text/csv` it is the sheet to be filled in, which comes back by "
    "upload.",
    parameters={"batchId": Parameter("The count's id.", example=COUNTING, is_required=True)},
    problems=(CYCLE_COUNT_NOT_FOUND,),
    result=BlindForm,
    answer=_FORM,
    csv=f"{_HEADING}\n{_BLANK}\n",
)

upload_sheet = Operation(
    id="uploadCountSheet",
    tag=TAG,
    summary="Upload a filled-in sheet",
    description="Count what a sheet says, all of it or nothing: the file as `text/csv`, or its text in `csv`. A "
    "blank `counted` is not counted, 0 is nothing there. Rows without `line_id` name bin and SKU: what was found "
    "besides. The same file twice counts once. `lines` are those that were counted, in the order of the sheet.",
    parameters={"batchId": Parameter("The count's id.", example=COUNTING)},
    problems=(
        *CHANGING,
        INVALID_SHEET,
        TOO_MANY_COUNTS,
        *ENTERING,
    ),
    body=SheetBody,
    example={"csv": f"{_HEADING}\n{_FILLED}\n"},
    csv_body=f"{_HEADING}\n{_FILLED}\n",
    result=BatchRecord,
    answer=COUNTED,
    is_tagged=True,
    takes_if_match=True,
)
