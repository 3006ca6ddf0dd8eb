from __future__ import annotations

from django.urls import path

from tests.bench.by_hand.adjusting import Adjust
from tests.bench.by_hand.lists import Gateway, Nexus, Pos

urlpatterns = [
    path("adjust", Adjust.as_view()),
    path("nexus", Nexus.as_view()),
    path("gateway", Gateway.as_view()),
    path("pos", Pos.as_view()),
]
