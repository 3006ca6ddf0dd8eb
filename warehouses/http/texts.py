"""Which texts are taken: as the code checks them, and as the regular expressions that the documents show.

The patterns mean the same to Python and to ECMA-262, for texts that have none of the control characters. They promise a
little less than the code does: blanks of all kinds around a text of a body are taken off before it is looked at.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["CONTROL", "LINE_CONTROL", "QUERY_CONTROL", "QUERY_PATTERN", "text_pattern"]

#: The insides of character classes. All control characters but tab and line feed:
_CONTROL: Final = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
#: All that end a line, or are not seen in one:
_LINE_CONTROL: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
#: Those of ASCII, in a query:
_QUERY_CONTROL: Final = r"\x00-\x1f\x7f"
# Halves of surrogate pairs are refused too. They are no text; and to ECMA-262, a pattern that names them means half of
# every character beyond the first 65,536.
_HALVES: Final = r"\ud800-\udfff"

CONTROL: Final = re.compile(f"[{_CONTROL}{_HALVES}]")
LINE_CONTROL: Final = re.compile(f"[{_LINE_CONTROL}{_HALVES}]")
QUERY_CONTROL: Final = re.compile(f"[{_QUERY_CONTROL}{_HALVES}]")

#: A query parameter: not blank, without control characters. U+0085 is a blank to Python only.
QUERY_PATTERN: Final = rf"^[^{_QUERY_CONTROL}]*[^\s{_QUERY_CONTROL}\x85][^{_QUERY_CONTROL}]*$"


def text_pattern(*, multiline: bool, blank: bool) -> str:
    """A text without control characters, and not `blank` unless that is allowed.

    `multiline` texts have tabs and line feeds too, also after a carriage return.
    """
    control = _CONTROL if multiline else _LINE_CONTROL
    any_of_it = rf"(\r\n|[^{control}])*" if multiline else f"[^{control}]*"
    return f"^{any_of_it}$" if blank else rf"^{any_of_it}[^\s{control}]{any_of_it}$"
