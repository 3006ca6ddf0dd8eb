"""What the documentation's examples name of cycle counts: in the demonstration it exists."""

from __future__ import annotations

from typing import Final

__all__ = ["COUNTING", "DRAFT", "LINES", "OTHER_REVIEW", "REVIEW"]

#: The examples start it.
DRAFT: Final = "cc_01hx000000e008000000000081"
#: They count its only line, read its form and send in its sheet.
COUNTING: Final = "cc_01hx000000e008000000000082"
#: They decide on its line, and resolve it.
REVIEW: Final = "cc_01hx000000e008000000000083"
#: They resolve it at the other address.
OTHER_REVIEW: Final = "cc_01hx000000e008000000000084"
#: The only line of each.
LINES: Final = {
    COUNTING: "ccl_01hx000000e008000000000091",
    REVIEW: "ccl_01hx000000e008000000000092",
}
