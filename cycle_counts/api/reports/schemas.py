"""What the routes of classes and accuracy answer, for the document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cycle_counts.abc import MOST_DUE
from cycle_counts.models import AbcClass
from inventory.api.backoffice.objects import Pagination

__all__ = ["AccuracyReport", "ClassPage"]


class AbcRow(serializers.Serializer[Any]):
    """A SKU with its class, and when it is to be counted."""

    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    abcClass = serializers.ChoiceField(choices=AbcClass.choices, help_text="Its class.")
    rank = serializers.IntegerField(min_value=1, help_text="Its rank by the value of what was used of it.")
    units = serializers.IntegerField(
        allow_null=True, help_text="Units used in the window; null for those who may not see stock."
    )
    value = serializers.FloatField(
        allow_null=True, help_text="What they were worth, at cost; null for those who may not see stock."
    )
    share = serializers.FloatField(help_text="Of the value of all SKUs, in percent.")
    cumulativeShare = serializers.FloatField(help_text="The share of all SKUs up to this one, in percent.")
    lastCountedAt = serializers.DateTimeField(allow_null=True, help_text="When it was counted last.")
    nextDueOn = serializers.DateField(
        allow_null=True, help_text="When it is due by its class; of several locations, the earliest."
    )
    isDue = serializers.BooleanField(help_text="Whether it is due.")


class AbcSummary(serializers.Serializer[Any]):
    """What a class comes to."""

    abcClass = serializers.ChoiceField(choices=AbcClass.choices, help_text="The class.")
    skus = serializers.IntegerField(min_value=0, help_text="How many SKUs are in it.")
    value = serializers.FloatField(
        allow_null=True, help_text="What was used of them is worth; null for those who may not see stock."
    )
    share = serializers.FloatField(help_text="Of the value of all, in percent.")
    due = serializers.IntegerField(min_value=0, help_text=f"How many of them are due, up to {MOST_DUE:,}.")
    intervalDays = serializers.IntegerField(min_value=1, help_text="Days between two counts of one of them.")


class ClassPage(serializers.Serializer[Any]):
    """A page of SKUs, by their rank, and what the classes come to."""

    data = AbcRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()
    classes = AbcSummary(many=True, help_text="What the classes come to, whatever is filtered.")
    classifiedAt = serializers.DateTimeField(
        allow_null=True, help_text="When the classes were found out; null: never yet, and the page is empty."
    )
    currency = serializers.CharField(help_text="The organization's currency.")


class AccuracyWeek(serializers.Serializer[Any]):
    """How exact the books were in a week, for a class or all of them. Rates are in percent."""

    week = serializers.DateField(help_text="The week's Monday.")
    abcClass = serializers.ChoiceField(
        choices=AbcClass.choices, allow_null=True, help_text="The class; null: all of them."
    )
    lines = serializers.IntegerField(min_value=0, help_text="Lines that were accepted.")
    hits = serializers.IntegerField(min_value=0, help_text="Lines that were exact.")
    hitRate = serializers.FloatField(allow_null=True, help_text="Hits of lines; null where there are none.")
    unitsExpected = serializers.IntegerField(min_value=0, help_text="Units that the books had.")
    unitsOff = serializers.IntegerField(min_value=0, help_text="Units by which they were off, either way.")
    unitAccuracy = serializers.FloatField(
        allow_null=True, help_text="What of the units was right; null where there were none."
    )
    valueExpected = serializers.FloatField(min_value=0, help_text="What the books had is worth, at cost.")
    valueOff = serializers.FloatField(min_value=0, help_text="What they were off by is worth, either way.")
    valueAccuracy = serializers.FloatField(
        allow_null=True, help_text="What of the value was right; null where there was none."
    )


class AccuracyReport(serializers.Serializer[Any]):
    """Weeks in which something was resolved, from the first on."""

    data = AccuracyWeek(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    currency = serializers.CharField(help_text="The organization's currency.")
