"""How long what is tested at random goes on: `HYPOTHESIS_PROFILE=nightly` (`make nightly`) for long, else briefly.

Brief histories are the same on every run, so that a failure is one of a change; long ones are new each time. Both
print the steps of the shortest history that fails, and a blob that brings it back.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

__all__ = ["IS_NIGHTLY", "steps"]

IS_NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


def steps(*, briefly: int, nightly: int, count: int = 30) -> settings:
    """So many histories of `count` steps."""
    return settings(
        max_examples=nightly if IS_NIGHTLY else briefly,
        stateful_step_count=count,
        derandomize=not IS_NIGHTLY,
        database=None,
        deadline=None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink] if IS_NIGHTLY else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
