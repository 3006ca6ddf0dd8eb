from __future__ import annotations

import pytest

from tests.stock_requests.api.desk import Desk
from tests.stock_requests.conftest import Ground


@pytest.fixture
def desk(ground: Ground) -> Desk:
    return Desk(ground)
