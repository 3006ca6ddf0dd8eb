"""What every record of an organization has: a UUIDv7 key, a public id, and a queryset that starts at the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models

from warehouses.identifiers import encode, new_id

if TYPE_CHECKING:
    from warehouses.models.organization import Organization

__all__ = ["OrganizationQuerySet", "PublicModel"]

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class PublicModel(models.Model):
    """A record with a UUIDv7 primary key and a TypeID over it."""

    prefix: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        return encode(self.prefix, self.pk)


class OrganizationQuerySet(models.QuerySet[Row_co]):
    """The first narrowing of every look-up; without an organization there is nothing to see."""

    def for_organization(self, organization: Organization | None) -> Self:
        if organization is None:
            return self.none()
        return self.filter(organization=organization)
