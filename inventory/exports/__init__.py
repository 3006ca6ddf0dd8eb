"""Pages as files: CSV and XLSX of what somebody looks at, at once or, where it is much, in the background."""

from inventory.exports.asking import (
    AT_ONCE,
    KEPT,
    MOST_OPEN,
    ask,
    delete_export,
    exports_of,
    find_export,
    wakers,
)
from inventory.exports.content import content_of
from inventory.exports.pages import table_of
from inventory.exports.purge import purge
from inventory.exports.queue import work
from inventory.exports.writing import content_type, written

__all__ = [
    "AT_ONCE",
    "KEPT",
    "MOST_OPEN",
    "ask",
    "content_of",
    "content_type",
    "delete_export",
    "exports_of",
    "find_export",
    "purge",
    "table_of",
    "wakers",
    "work",
    "written",
]
