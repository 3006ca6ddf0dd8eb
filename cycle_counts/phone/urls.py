"""The counter's screen."""

from __future__ import annotations

from django.urls import path

from cycle_counts.phone import entrance, pages, worker

app_name = "count"

urlpatterns = [
    path("", pages.home, name="home"),
    path("find/", pages.find, name="find"),
    path("cards/", pages.cards, name="cards"),
    path("login/", entrance.login, name="login"),
    path("logout/", entrance.logout, name="logout"),
    path("me/", pages.me, name="me"),
    path("worker.js", worker.script, name="worker"),
    # After the names above: no public id is one of them.
    path("<str:public_id>/", pages.count_round, name="round"),
    path("<str:public_id>/start/", pages.start, name="start"),
    path("<str:public_id>/data/", pages.data, name="data"),
    path("<str:public_id>/look-up/", pages.look_up, name="look_up"),
]
