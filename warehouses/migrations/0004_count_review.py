"""A permission for reviewing cycle counts, and counters who cannot look up what they count blind.

Roles get it on existing installations too where they are what they were made as; what an operator changed stays.
"""

from django.db import migrations

_COUNTER = {"products_read", "inventory_read", "inventory_cyclecount"}


def change_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    groups = {group.name: group for group in Group.objects.filter(name__in=("Owner", "Warehouse manager", "Approver", "Counter"))}
    if not groups:
        return  # a new installation: roles are made after its migrations
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="warehouses", model="organization"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type,
        codename="inventory_countreview",
        defaults={"name": "Review cycle counts and post their differences"},
    )
    for name in ("Owner", "Warehouse manager", "Approver"):
        if name in groups:
            groups[name].permissions.add(permission)
    counter = groups.get("Counter")
    if counter is not None and set(counter.permissions.values_list("codename", flat=True)) == _COUNTER:
        counter.permissions.set(counter.permissions.filter(codename="inventory_cyclecount"))


class Migration(migrations.Migration):

    dependencies = [
        ('warehouses', '0003_notices_and_views'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='organization',
            options={'ordering': ('name',), 'permissions': (('inventory_read', 'Read stock, movements, lots and holds'), ('inventory_write', 'Set and receive stock, hold and reserve it'), ('inventory_adjust', 'Adjust stock and reverse adjustments'), ('inventory_cyclecount', 'Plan and carry out cycle counts'), ('inventory_countreview', 'Review cycle counts and post their differences'), ('replenishment_read', 'Read replenishment settings and suggestions'), ('replenishment_write', 'Change replenishment settings, create replenishments'), ('transfers_read', 'Read transfers'), ('transfers_write', 'Create, ship and receive transfers'), ('products_read', 'Read the catalogue'), ('products_write', 'Change the catalogue'), ('locations_write', 'Change warehouses, rooms and bins'), ('stockrequests_read', 'Read stock requests'), ('stockrequests_write', 'Create and change stock requests'), ('stockrequests_approve', 'Approve and reject stock requests'), ('organization_manage', 'Manage people, roles, API keys and settings'), ('integrations_manage', 'Manage webhooks and point-of-sale connections'))},
        ),
        migrations.AlterModelOptions(
            name='warehouse',
            options={'ordering': ('name',), 'permissions': (('inventory_read', 'Read stock, movements, lots and holds'), ('inventory_write', 'Set and receive stock, hold and reserve it'), ('inventory_adjust', 'Adjust stock and reverse adjustments'), ('inventory_cyclecount', 'Plan and carry out cycle counts'), ('inventory_countreview', 'Review cycle counts and post their differences'), ('replenishment_read', 'Read replenishment settings and suggestions'), ('replenishment_write', 'Change replenishment settings, create replenishments'), ('transfers_read', 'Read transfers'), ('transfers_write', 'Create, ship and receive transfers'), ('products_read', 'Read the catalogue'), ('products_write', 'Change the catalogue'), ('locations_write', 'Change warehouses, rooms and bins'), ('stockrequests_read', 'Read stock requests'), ('stockrequests_write', 'Create and change stock requests'), ('stockrequests_approve', 'Approve and reject stock requests'), ('organization_manage', 'Manage people, roles, API keys and settings'), ('integrations_manage', 'Manage webhooks and point-of-sale connections'))},
        ),
        migrations.RunPython(change_roles, migrations.RunPython.noop),
    ]
