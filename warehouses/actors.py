"""Who did it: the frozen name of a person, an API key or the system itself, kept on every movement and event."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import models

__all__ = ["SYSTEM", "Actor", "ActorType"]


class ActorType(models.TextChoices):
    USER = "user", "Person"
    KEY = "key", "API key"
    SYSTEM = "system", "System"


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is frozen into what the actor does, so that history survives a renamed or deleted account."""

    type: ActorType
    id: UUID | None
    name: str


SYSTEM = Actor(type=ActorType.SYSTEM, id=None, name="system")
