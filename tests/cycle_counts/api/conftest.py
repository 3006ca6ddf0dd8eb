from __future__ import annotations

import pytest

from tests.cycle_counts.api.desk import Desk
from tests.cycle_counts.conftest import Ground


@pytest.fixture
def desk(ground: Ground) -> Desk:
    return Desk(ground)
