"""The counts of the rate limits in Redis, asked once for each request instead of twice."""

from __future__ import annotations

import threading
from typing import Any, Final

from limits.storage import RedisStorage

__all__ = ["RedisWindows"]

#: Both scripts of the library as they are, run by one call. A table of numbers and nils is what the second returns.
_TOGETHER: Final = f"""
local function acquire(KEYS, ARGV)
{RedisStorage.SCRIPT_ACQUIRE_SLIDING_WINDOW.decode()}
end
local function window(KEYS, ARGV)
{RedisStorage.SCRIPT_SLIDING_WINDOW.decode()}
end
local acquired = acquire(KEYS, ARGV)
return {{acquired and 1 or 0, window(KEYS, {{ARGV[2]}})}}
""".encode()


class RedisWindows(RedisStorage):
    """Counts a request and remembers the window that it was counted in, for the question that follows it in the same
    thread: what is left.
    """

    def initialize_storage(self, _uri: str) -> None:
        super().initialize_storage(_uri)
        self._together: Any = self.get_connection().register_script(_TOGETHER)
        self._seen = threading.local()

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        keys = [
            self.prefixed_key(self._previous_window_key(key)),
            self.prefixed_key(self._current_window_key(key)),
        ]
        acquired, window = self._together(keys, [limit, expiry, amount])
        self._seen.window = (key, window)
        return bool(acquired)

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        seen: str
        window: Any
        seen, window = getattr(self._seen, "window", ("", None))
        if seen != key:
            return super().get_sliding_window(key, expiry)
        self._seen.window = ("", None)
        previous, previous_left, current, current_left = (float(value or 0) for value in window)
        return int(previous), max(0.0, previous_left) / 1000, int(current), max(0.0, current_left) / 1000
