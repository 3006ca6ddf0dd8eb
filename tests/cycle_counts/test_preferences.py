"""How an organization counts: its settings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cycle_counts.models import CountSettings
from cycle_counts.preferences import change_settings, may_change_settings, settings_of
from tests import factories
from tests.cycle_counts.conftest import Ground
from warehouses.access import access_of_system
from warehouses.models import Organization
from warehouses.refusals import Forbidden, InvalidInput


def test_without_a_row_the_defaults_hold(organization: Organization) -> None:
    settings = settings_of(organization)
    assert (settings.a_share, settings.b_share, settings.window_days) == (80, 95, 365)
    assert (settings.a_interval, settings.b_interval, settings.c_interval) == (30, 90, 365)
    assert settings.is_blind
    assert not CountSettings.objects.exists()


def test_what_is_given_changes_and_the_rest_stays(organization: Organization) -> None:
    access = access_of_system(organization)
    change_settings(access=access, a_share=Decimal(70), is_blind=False, tolerance_units=2)
    change_settings(access=access, a_interval=7, tolerance_units=None)
    settings = settings_of(organization)
    assert (settings.a_share, settings.a_interval, settings.is_blind) == (70, 7, False)
    assert (settings.b_share, settings.tolerance_units) == (95, None)
    assert CountSettings.objects.get().organization == organization


def test_they_are_each_organizations_own(organization: Organization) -> None:
    change_settings(access=access_of_system(organization), seconds_per_line=60)
    assert settings_of(factories.make_organization("Other")).seconds_per_line == 30


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"a_share": Decimal(96)}, "b_share"),
        ({"b_share": Decimal(101)}, "b_share"),
        ({"a_share": Decimal(0)}, "a_share"),
        ({"a_interval": 0}, "a_interval"),
        ({"c_interval": 3651}, "c_interval"),
        ({"window_days": 0}, "window_days"),
        ({"proposed_lines": 5001}, "proposed_lines"),
        ({"tolerance_percent": Decimal(-1)}, "tolerance_percent"),
        ({"tolerance_value": Decimal(-1)}, "tolerance_value"),
        ({"tolerance_units": -1}, "tolerance_units"),
        ({"tolerance_units": 2**70}, "tolerance_units"),
        ({"seconds_per_line": 0}, "seconds_per_line"),
    ],
)
def test_values_that_mean_nothing_are_refused(
    organization: Organization, values: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        change_settings(access=access_of_system(organization), **values)  # type: ignore[arg-type]
    assert caught.value.problems[0].field == field
    assert settings_of(organization).a_share == 80


def test_a_setting_that_there_is_not_is_an_error(organization: Organization) -> None:
    with pytest.raises(TypeError):
        change_settings(access=access_of_system(organization), classified_at=None)  # type: ignore[call-arg]


def test_only_who_manages_the_whole_organization_changes_them(ground: Ground) -> None:
    assert may_change_settings(ground.access_of("owner"))
    for person in ("manager", "counter", "viewer"):
        assert not may_change_settings(ground.access_of(person))
        with pytest.raises(Forbidden) as caught:
            change_settings(access=ground.access_of(person), is_blind=False)
        assert caught.value.extra["missing"] == ["organization.manage"]
    assert settings_of(ground.organization).is_blind
