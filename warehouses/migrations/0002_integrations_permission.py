"""A permission for webhooks and point-of-sale connections, and answers with secrets in them. Owners, who may do everything, get it on existing
installations too; other roles keep what an operator gave them.
"""

from django.db import migrations, models


def grant_to_owners(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    owner = Group.objects.filter(name="Owner").first()
    if owner is None:
        return  # a new installation: roles are made after its migrations
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="warehouses", model="organization"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type,
        codename="integrations_manage",
        defaults={"name": "Manage webhooks and point-of-sale connections"},
    )
    owner.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('warehouses', '0001_initial'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='organization',
            options={'ordering': ('name',), 'permissions': (('inventory_read', 'Read stock, movements, lots and holds'), ('inventory_write', 'Set and receive stock, hold and reserve it'), ('inventory_adjust', 'Adjust stock and reverse adjustments'), ('inventory_cyclecount', 'Plan and carry out cycle counts'), ('replenishment_read', 'Read replenishment settings and suggestions'), ('replenishment_write', 'Change replenishment settings, create replenishments'), ('transfers_read', 'Read transfers'), ('transfers_write', 'Create, ship and receive transfers'), ('products_read', 'Read the catalogue'), ('products_write', 'Change the catalogue'), ('locations_write', 'Change warehouses, rooms and bins'), ('stockrequests_read', 'Read stock requests'), ('stockrequests_write', 'Create and change stock requests'), ('stockrequests_approve', 'Approve and reject stock requests'), ('organization_manage', 'Manage people, roles, API keys and settings'), ('integrations_manage', 'Manage webhooks and point-of-sale connections'))},
        ),
        migrations.AlterModelOptions(
            name='warehouse',
            options={'ordering': ('name',), 'permissions': (('inventory_read', 'Read stock, movements, lots and holds'), ('inventory_write', 'Set and receive stock, hold and reserve it'), ('inventory_adjust', 'Adjust stock and reverse adjustments'), ('inventory_cyclecount', 'Plan and carry out cycle counts'), ('replenishment_read', 'Read replenishment settings and suggestions'), ('replenishment_write', 'Change replenishment settings, create replenishments'), ('transfers_read', 'Read transfers'), ('transfers_write', 'Create, ship and receive transfers'), ('products_read', 'Read the catalogue'), ('products_write', 'Change the catalogue'), ('locations_write', 'Change warehouses, rooms and bins'), ('stockrequests_read', 'Read stock requests'), ('stockrequests_write', 'Create and change stock requests'), ('stockrequests_approve', 'Approve and reject stock requests'), ('organization_manage', 'Manage people, roles, API keys and settings'), ('integrations_manage', 'Manage webhooks and point-of-sale connections'))},
        ),
        migrations.AddField(
            model_name='idempotencyrecord',
            name='is_sealed',
            field=models.BooleanField(default=False, help_text='The body holds a secret, and is stored sealed.'),
        ),
        migrations.RunPython(grant_to_owners, migrations.RunPython.noop),
    ]
