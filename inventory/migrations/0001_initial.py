
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
import inventory.models.sku
import warehouses.identifiers
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('warehouses', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Sku',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=64, validators=[inventory.models.sku.validate_code])),
                ('code_key', models.CharField(editable=False, max_length=128)),
                ('title', models.CharField(max_length=200)),
                ('unit_cost', models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('unit_price', models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('base_unit', models.CharField(default='each', max_length=20)),
                ('is_lot_controlled', models.BooleanField(default=False, help_text='Stock of this SKU is received into lots only.', verbose_name='lot-controlled')),
                ('safety_stock', models.PositiveIntegerField(default=0)),
                ('reorder_point', models.PositiveIntegerField(default=0)),
                ('reorder_quantity', models.PositiveIntegerField(default=0)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
            ],
            options={
                'verbose_name': 'SKU',
                'ordering': ('code_key',),
            },
        ),
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
            ],
            options={
                'verbose_name_plural': 'categories',
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='ImportedLine',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64)),
                ('document_id', models.UUIDField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='warehouses.organization')),
            ],
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='products', to='inventory.category')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
            ],
            options={
                'ordering': ('name', 'id'),
            },
        ),
        migrations.CreateModel(
            name='ReasonCode',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=40)),
                ('code_key', models.CharField(editable=False, max_length=80)),
                ('name', models.CharField(max_length=120)),
                ('direction', models.CharField(choices=[('in', 'Adds stock'), ('out', 'Removes stock'), ('either', 'Either')], default='either', max_length=6)),
                ('nature', models.CharField(choices=[('issue', 'Goods leave'), ('receipt', 'Goods arrive'), ('correction', 'The record is put right')], default='correction', max_length=10)),
                ('is_active', models.BooleanField(default=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
            ],
            options={
                'ordering': ('code_key',),
            },
        ),
        migrations.CreateModel(
            name='Adjustment',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('admin', 'Back office'), ('gateway', 'Gateway API'), ('nexus', 'Nexus API'), ('pos', 'POS API'), ('backoffice', 'Backoffice API'), ('import', 'Import'), ('system', 'System')], max_length=12)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('reference', models.CharField(blank=True, max_length=120)),
                ('line_count', models.PositiveIntegerField(verbose_name='movements')),
                ('actor_type', models.CharField(choices=[('user', 'Person'), ('key', 'API key'), ('system', 'System')], max_length=6)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_name', models.CharField(max_length=254)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='inventory.adjustment')),
                ('reason_code', models.ForeignKey(help_text='Empty where its movements have several.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.reasoncode')),
            ],
            options={
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='StockSummary',
            fields=[
                ('sort_code', models.CharField(max_length=128)),
                ('on_hand', models.BigIntegerField(default=0)),
                ('reserved', models.BigIntegerField(default=0)),
                ('held', models.BigIntegerField(default=0)),
                ('version', models.BigIntegerField(default=0)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('available', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('on_hand'), '-', models.F('reserved')), '-', models.F('held')), output_field=models.BigIntegerField())),
                ('is_low', models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('on_hand__lt', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('reserved'), '+', models.F('held')), '+', models.F('reorder_point')))), then=models.Value(True)), default=models.Value(False)), output_field=models.BooleanField())),
                ('status', models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('on_hand__lte', django.db.models.expressions.CombinedExpression(models.F('reserved'), '+', models.F('held')))), then=models.Value('out_of_stock')), models.When(models.Q(('on_hand__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('reserved'), '+', models.F('held')), '+', models.F('safety_stock')))), then=models.Value('critical')), models.When(models.Q(('on_hand__lt', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('reserved'), '+', models.F('held')), '+', models.F('reorder_point')))), then=models.Value('low')), default=models.Value('normal')), output_field=models.CharField(choices=[('normal', 'Normal'), ('low', 'Low'), ('critical', 'Critical'), ('out_of_stock', 'Out of stock')], max_length=12))),
                ('sku', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='summary', serialize=False, to='inventory.sku')),
                ('safety_stock', models.BigIntegerField(default=0)),
                ('reorder_point', models.BigIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'stock summaries',
                'ordering': ('sort_code',),
            },
        ),
        migrations.AddField(
            model_name='sku',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='skus', to='inventory.product'),
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('active', 'Active'), ('quarantined', 'Quarantined'), ('expired', 'Expired')], default='active', max_length=12)),
                ('expires_on', models.DateField(blank=True, null=True, verbose_name='expires on')),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='inventory.sku', verbose_name='SKU')),
            ],
            options={
                'ordering': (models.OrderBy(models.F('expires_on'), nulls_last=True), 'received_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Barcode',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=80)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='barcodes', to='inventory.sku', verbose_name='SKU')),
            ],
            options={
                'ordering': ('code',),
            },
        ),
        migrations.CreateModel(
            name='StockLevel',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('sort_code', models.CharField(max_length=128)),
                ('on_hand', models.BigIntegerField(default=0)),
                ('reserved', models.BigIntegerField(default=0)),
                ('held', models.BigIntegerField(default=0)),
                ('version', models.BigIntegerField(default=0)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('available', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('on_hand'), '-', models.F('reserved')), '-', models.F('held')), output_field=models.BigIntegerField())),
                ('is_low', models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('on_hand__lt', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('reserved'), '+', models.F('held')), '+', models.F('reorder_point')))), then=models.Value(True)), default=models.Value(False)), output_field=models.BooleanField())),
                ('status', models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('on_hand__lte', django.db.models.expressions.CombinedExpression(models.F('reserved'), '+', models.F('held')))), then=models.Value('out_of_stock')), models.When(models.Q(('on_hand__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('reserved'), '+', models.F('held')), '+', models.F('safety_stock')))), then=models.Value('critical')), models.When(models.Q(('on_hand__lt', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('reserved'), '+', models.F('held')), '+', models.F('reorder_point')))), then=models.Value('low')), default=models.Value('normal')), output_field=models.CharField(choices=[('normal', 'Normal'), ('low', 'Low'), ('critical', 'Critical'), ('out_of_stock', 'Out of stock')], max_length=12))),
                ('safety_stock', models.PositiveIntegerField(default=0)),
                ('reorder_point', models.PositiveIntegerField(default=0)),
                ('reorder_quantity', models.PositiveIntegerField(default=0)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
                ('sku', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='inventory.sku', verbose_name='SKU')),
                ('warehouse', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.warehouse')),
            ],
            options={
                'ordering': ('sort_code', 'warehouse__name'),
            },
        ),
        migrations.CreateModel(
            name='StockItem',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('on_hand', models.BigIntegerField(default=0)),
                ('held', models.BigIntegerField(default=0)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('bin', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stock_items', to='warehouses.bin')),
                ('lot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stock_items', to='inventory.lot')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
                ('sku', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.sku', verbose_name='SKU')),
                ('warehouse', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.warehouse')),
                ('level', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='inventory.stocklevel')),
            ],
            options={
                'ordering': ('sku__code_key', 'bin__pick_sequence', 'bin__code'),
            },
        ),
        migrations.CreateModel(
            name='Movement',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('delta', models.BigIntegerField()),
                ('level_before', models.BigIntegerField()),
                ('level_after', models.BigIntegerField()),
                ('item_after', models.BigIntegerField()),
                ('level_version', models.BigIntegerField()),
                ('note', models.CharField(blank=True, max_length=500)),
                ('reference', models.CharField(blank=True, max_length=120)),
                ('actor_type', models.CharField(choices=[('user', 'Person'), ('key', 'API key'), ('system', 'System')], max_length=6)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_name', models.CharField(max_length=254)),
                ('document_type', models.CharField(choices=[('adjustment', 'Adjustment')], max_length=16)),
                ('document_id', models.UUIDField()),
                ('recorded_at', models.DateTimeField()),
                ('occurred_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
                ('warehouse', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.warehouse')),
                ('reason_code', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.reasoncode')),
                ('sku', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.sku', verbose_name='SKU')),
                ('stock_item', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.stockitem')),
                ('level', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.stocklevel')),
            ],
            options={
                'ordering': ('-recorded_at', '-id'),
            },
        ),
        migrations.AddConstraint(
            model_name='category',
            constraint=models.UniqueConstraint(models.F('organization'), django.db.models.functions.text.Lower('name'), name='inventory_category_name', violation_error_message='There is a category of this name already.'),
        ),
        migrations.AddConstraint(
            model_name='importedline',
            constraint=models.UniqueConstraint(fields=('organization', 'digest'), name='inventory_imported_line_once'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(fields=['organization', 'name', 'id'], name='inventory_product_by_name'),
        ),
        migrations.AddConstraint(
            model_name='reasoncode',
            constraint=models.UniqueConstraint(fields=('organization', 'code_key'), name='inventory_reason_code_code', violation_error_message='There is a reason with this code already.'),
        ),
        migrations.AddIndex(
            model_name='adjustment',
            index=models.Index(fields=['organization', '-created_at', '-id'], name='inventory_adjustment_newest'),
        ),
        migrations.AddField(
            model_name='stocksummary',
            name='organization',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization'),
        ),
        migrations.AddConstraint(
            model_name='sku',
            constraint=models.UniqueConstraint(fields=('organization', 'code_key'), name='inventory_sku_code', violation_error_message='There is a SKU with this code already (capitals make no difference).'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(fields=['organization', 'expires_on'], name='inventory_lot_by_expiry'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.UniqueConstraint(models.F('sku'), django.db.models.functions.text.Lower('code'), name='inventory_lot_code', violation_error_message='This SKU has a lot with this code already.'),
        ),
        migrations.AddConstraint(
            model_name='barcode',
            constraint=models.UniqueConstraint(fields=('organization', 'code'), name='inventory_barcode_code', violation_error_message='This barcode belongs to a SKU already.'),
        ),
        migrations.AddIndex(
            model_name='stocklevel',
            index=models.Index(fields=['organization', 'sort_code', 'warehouse'], include=('id',), name='inventory_level_by_code'),
        ),
        migrations.AddIndex(
            model_name='stocklevel',
            index=models.Index(fields=['warehouse', 'sort_code'], name='inventory_level_in_warehouse'),
        ),
        migrations.AddIndex(
            model_name='stocklevel',
            index=models.Index(fields=['warehouse', 'status', 'sort_code'], name='inventory_level_by_status'),
        ),
        migrations.AddIndex(
            model_name='stocklevel',
            index=models.Index(condition=models.Q(('is_low', True)), fields=['organization', 'sort_code', 'warehouse'], name='inventory_level_low'),
        ),
        migrations.AddIndex(
            model_name='stocklevel',
            index=models.Index(condition=models.Q(('is_low', True)), fields=['warehouse', 'sort_code'], name='inventory_level_low_warehouse'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.UniqueConstraint(fields=('sku', 'warehouse'), name='inventory_stock_level_once'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.CheckConstraint(condition=models.Q(('on_hand__gte', 0)), name='inventory_stock_level_on_hand'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.CheckConstraint(condition=models.Q(('reserved__gte', 0)), name='inventory_stock_level_reserved'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.CheckConstraint(condition=models.Q(('held__gte', 0)), name='inventory_stock_level_held'),
        ),
        migrations.AddIndex(
            model_name='stockitem',
            index=models.Index(fields=['organization', 'id'], name='inventory_item_of_tenant'),
        ),
        migrations.AddConstraint(
            model_name='stockitem',
            constraint=models.UniqueConstraint(condition=models.Q(('lot__isnull', True)), fields=('sku', 'bin'), name='inventory_stock_item_without_lot'),
        ),
        migrations.AddConstraint(
            model_name='stockitem',
            constraint=models.UniqueConstraint(condition=models.Q(('lot__isnull', False)), fields=('sku', 'bin', 'lot'), name='inventory_stock_item_of_lot'),
        ),
        migrations.AddConstraint(
            model_name='stockitem',
            constraint=models.CheckConstraint(condition=models.Q(('on_hand__gte', 0)), name='inventory_stock_item_on_hand'),
        ),
        migrations.AddConstraint(
            model_name='stockitem',
            constraint=models.CheckConstraint(condition=models.Q(('held__gte', 0)), name='inventory_stock_item_held'),
        ),
        migrations.AddIndex(
            model_name='movement',
            index=models.Index(fields=['sku', '-recorded_at', '-id'], name='inventory_movement_of_sku'),
        ),
        migrations.AddIndex(
            model_name='movement',
            index=models.Index(fields=['stock_item', '-recorded_at', '-level_version'], name='inventory_movement_of_item'),
        ),
        migrations.AddIndex(
            model_name='movement',
            index=models.Index(fields=['organization', '-recorded_at', '-id'], name='inventory_movement_newest'),
        ),
        migrations.AddIndex(
            model_name='movement',
            index=models.Index(fields=['document_id'], name='inventory_movement_of_document'),
        ),
        migrations.AddConstraint(
            model_name='movement',
            constraint=models.CheckConstraint(condition=models.Q(('delta', 0), _negated=True), name='inventory_movement_changes'),
        ),
        migrations.AddConstraint(
            model_name='movement',
            constraint=models.CheckConstraint(condition=models.Q(('level_after', django.db.models.expressions.CombinedExpression(models.F('level_before'), '+', models.F('delta')))), name='inventory_movement_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='movement',
            constraint=models.CheckConstraint(condition=models.Q(('item_after__gte', 0), ('level_after__gte', 0), ('level_before__gte', 0)), name='inventory_movement_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='movement',
            constraint=models.UniqueConstraint(fields=('level', 'level_version'), name='inventory_movement_chain'),
        ),
        migrations.AddIndex(
            model_name='stocksummary',
            index=models.Index(fields=['organization', 'sort_code'], name='inventory_summary_by_code'),
        ),
        migrations.AddIndex(
            model_name='stocksummary',
            index=models.Index(fields=['organization', 'status', 'sort_code'], name='inventory_summary_by_status'),
        ),
        migrations.AddConstraint(
            model_name='stocksummary',
            constraint=models.CheckConstraint(condition=models.Q(('held__gte', 0), ('on_hand__gte', 0), ('reserved__gte', 0)), name='inventory_stock_summary_not_negative'),
        ),
    ]
