
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import warehouses.identifiers
import warehouses.models.organization
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, unique=True)),
                ('time_zone', models.CharField(default='UTC', help_text='Days begin and end, and lots expire, in this time zone; for example Europe/Berlin.', max_length=64, validators=[warehouses.models.organization.validate_time_zone])),
                ('currency', models.CharField(default='EUR', max_length=3, validators=[django.core.validators.RegexValidator('\\A[A-Z]{3}\\Z', 'Three capital letters, as in EUR.')])),
                ('expiry_warning_days', models.PositiveSmallIntegerField(default=30, help_text='Lots that expire within so many days are shown as expiring.')),
                ('rate_limit', models.PositiveIntegerField(blank=True, help_text="Empty: the installation's setting.", null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='requests a minute per API key')),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ('name',),
                'permissions': (('inventory_read', 'Read stock, movements, lots and holds'), ('inventory_write', 'Set and receive stock, hold and reserve it'), ('inventory_adjust', 'Adjust stock and reverse adjustments'), ('inventory_cyclecount', 'Plan and carry out cycle counts'), ('replenishment_read', 'Read replenishment settings and suggestions'), ('replenishment_write', 'Change replenishment settings, create replenishments'), ('transfers_read', 'Read transfers'), ('transfers_write', 'Create, ship and receive transfers'), ('products_read', 'Read the catalogue'), ('products_write', 'Change the catalogue'), ('locations_write', 'Change warehouses, rooms and bins'), ('stockrequests_read', 'Read stock requests'), ('stockrequests_write', 'Create and change stock requests'), ('stockrequests_approve', 'Approve and reject stock requests'), ('organization_manage', 'Manage people, roles, API keys and settings')),
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('is_staff', models.BooleanField(default=True, help_text='What the person sees there depends on their roles.', verbose_name='may use the back office')),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'person',
                'verbose_name_plural': 'people',
                'ordering': ('email',),
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='warehouses.organization')),
            ],
            options={
                'verbose_name': 'member',
                'verbose_name_plural': 'people',
                'ordering': ('organization__name', 'user__email'),
            },
        ),
        migrations.CreateModel(
            name='IdempotencyRecord',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('caller', models.CharField(max_length=48)),
                ('key', models.CharField(max_length=255)),
                ('fingerprint', models.CharField(help_text='SHA-256 of method, route and canonical body.', max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('headers', models.JSONField(default=dict)),
                ('body', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='warehouses.organization')),
            ],
        ),
        migrations.CreateModel(
            name='OrganizationGroupPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='warehouses.organization')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OrganizationUserPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='warehouses.organization')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Warehouse',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('type', models.CharField(choices=[('own', 'Own warehouse'), ('store', 'Store'), ('3PL', 'Third-party logistics (3PL)'), ('FBA', 'Fulfilled by Amazon (FBA)'), ('FBS', 'Fulfilled by seller, marketplace-run (FBS)'), ('dropship', 'Drop-shipping supplier')], default='own', max_length=10)),
                ('marketplace', models.CharField(blank=True, help_text='For FBA and FBS, for example amazon_eu.', max_length=60)),
                ('address', models.CharField(blank=True, max_length=300)),
                ('is_active', models.BooleanField(default=True, help_text='An inactive warehouse is still shown, but its stock cannot change.')),
                ('is_readonly', models.BooleanField(default=False, help_text='Only a sync changes this warehouse. FBA and FBS always are.', verbose_name='read-only')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='warehouses', to='warehouses.organization')),
            ],
            options={
                'ordering': ('name',),
                'permissions': (('inventory_read', 'Read stock, movements, lots and holds'), ('inventory_write', 'Set and receive stock, hold and reserve it'), ('inventory_adjust', 'Adjust stock and reverse adjustments'), ('inventory_cyclecount', 'Plan and carry out cycle counts'), ('replenishment_read', 'Read replenishment settings and suggestions'), ('replenishment_write', 'Change replenishment settings, create replenishments'), ('transfers_read', 'Read transfers'), ('transfers_write', 'Create, ship and receive transfers'), ('products_read', 'Read the catalogue'), ('products_write', 'Change the catalogue'), ('locations_write', 'Change warehouses, rooms and bins'), ('stockrequests_read', 'Read stock requests'), ('stockrequests_write', 'Create and change stock requests'), ('stockrequests_approve', 'Approve and reject stock requests'), ('organization_manage', 'Manage people, roles, API keys and settings')),
            },
        ),
        migrations.CreateModel(
            name='Room',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('room_type', models.CharField(choices=[('sales_floor', 'Sales floor'), ('vault', 'Vault'), ('quarantine', 'Quarantine'), ('secret_menu', 'Secret menu'), ('storage', 'Storage'), ('receiving', 'Receiving'), ('shipping', 'Shipping'), ('returns', 'Returns'), ('destruction', 'Destruction')], default='storage', max_length=20)),
                ('is_sellable', models.BooleanField(default=True, help_text='Stock in a room that is not sellable is never promised to a channel.', verbose_name='sellable')),
                ('is_default', models.BooleanField(default=False, editable=False)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='warehouses.warehouse')),
            ],
            options={
                'ordering': ('warehouse__name', 'name'),
            },
        ),
        migrations.CreateModel(
            name='RoleAssignment',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='role_assignments', to='warehouses.membership')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.group')),
                ('warehouse', models.ForeignKey(blank=True, help_text='Empty: in every warehouse.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='warehouses.warehouse')),
            ],
            options={
                'ordering': ('role__name',),
            },
        ),
        migrations.AddField(
            model_name='organization',
            name='default_warehouse',
            field=models.ForeignKey(blank=True, help_text='Takes the stock of an integrator who names no warehouse.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.warehouse'),
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254)),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('invited_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='auth.group')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='warehouses.organization')),
                ('warehouse', models.ForeignKey(blank=True, help_text='Empty: in every warehouse.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='warehouses.warehouse')),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='Bin',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=40)),
                ('barcode', models.CharField(blank=True, max_length=80)),
                ('pick_sequence', models.PositiveIntegerField(default=0)),
                ('capacity', models.PositiveIntegerField(blank=True, help_text='How many units fit. Empty: no limit.', null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('is_default', models.BooleanField(default=False, editable=False)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bins', to='warehouses.room')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bins', to='warehouses.warehouse')),
            ],
            options={
                'ordering': ('warehouse__name', 'pick_sequence', 'code'),
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('visible_prefix', models.CharField(editable=False, max_length=16, unique=True)),
                ('digest', models.CharField(editable=False, help_text='SHA-256 of the whole key, in hex.', max_length=64)),
                ('scopes', models.JSONField(default=list, help_text='Permissions of the vocabulary, such as inventory.read.')),
                ('is_limited', models.BooleanField(default=False, editable=False, verbose_name='limited to warehouses')),
                ('contract', models.CharField(blank=True, help_text='Answers on paths that several contracts share. Empty: the default.', max_length=12)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to='warehouses.organization')),
                ('warehouses', models.ManyToManyField(blank=True, help_text='Empty: every warehouse.', related_name='+', to='warehouses.warehouse')),
            ],
            options={
                'verbose_name': 'API key',
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='WarehouseGroupPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='warehouses.warehouse')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='WarehouseUserPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='warehouses.warehouse')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='warehouses_user_email', violation_error_message='Somebody with this address has an account already.'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('user', 'organization'), name='warehouses_membership_once'),
        ),
        migrations.AddConstraint(
            model_name='idempotencyrecord',
            constraint=models.UniqueConstraint(fields=('organization', 'caller', 'key'), name='warehouses_idempotency_record_key'),
        ),
        migrations.AlterUniqueTogether(
            name='organizationgrouppermission',
            unique_together={('group', 'permission', 'content_object')},
        ),
        migrations.AlterUniqueTogether(
            name='organizationuserpermission',
            unique_together={('user', 'permission', 'content_object')},
        ),
        migrations.AddConstraint(
            model_name='warehouse',
            constraint=models.UniqueConstraint(models.F('organization'), django.db.models.functions.text.Lower('name'), name='warehouses_warehouse_name', violation_error_message='There is a warehouse of this name already.'),
        ),
        migrations.AddConstraint(
            model_name='warehouse',
            constraint=models.CheckConstraint(condition=models.Q(('is_readonly', True), models.Q(('type__in', ['FBA', 'FBS']), _negated=True), _connector='OR'), name='warehouses_warehouse_marketplace_is_readonly', violation_error_message='FBA and FBS warehouses are read-only.'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.UniqueConstraint(models.F('warehouse'), django.db.models.functions.text.Lower('name'), name='warehouses_room_name', violation_error_message='There is a room of this name in the warehouse already.'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('warehouse',), name='warehouses_room_default_once'),
        ),
        migrations.AddConstraint(
            model_name='roleassignment',
            constraint=models.UniqueConstraint(condition=models.Q(('warehouse__isnull', True)), fields=('membership', 'role'), name='warehouses_role_everywhere_once'),
        ),
        migrations.AddConstraint(
            model_name='roleassignment',
            constraint=models.UniqueConstraint(condition=models.Q(('warehouse__isnull', False)), fields=('membership', 'role', 'warehouse'), name='warehouses_role_in_warehouse_once'),
        ),
        migrations.AddIndex(
            model_name='bin',
            index=models.Index(fields=['warehouse', 'pick_sequence', 'code'], name='warehouses_bin_walk'),
        ),
        migrations.AddConstraint(
            model_name='bin',
            constraint=models.UniqueConstraint(models.F('warehouse'), django.db.models.functions.text.Lower('code'), name='warehouses_bin_code', violation_error_message='There is a bin with this code in the warehouse already.'),
        ),
        migrations.AddConstraint(
            model_name='bin',
            constraint=models.UniqueConstraint(condition=models.Q(('barcode', ''), _negated=True), fields=('organization', 'barcode'), name='warehouses_bin_barcode'),
        ),
        migrations.AddConstraint(
            model_name='bin',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('warehouse',), name='warehouses_bin_default_once'),
        ),
        migrations.AlterUniqueTogether(
            name='warehousegrouppermission',
            unique_together={('group', 'permission', 'content_object')},
        ),
        migrations.AlterUniqueTogether(
            name='warehouseuserpermission',
            unique_together={('user', 'permission', 'content_object')},
        ),
    ]
