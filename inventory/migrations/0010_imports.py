import django.db.models.deletion
import django.utils.timezone
import warehouses.identifiers
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0009_cycle_counts'),
        ('warehouses', '0005_page_preferences'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(blank=True, choices=[('catalogue', 'SKUs of the catalogue'), ('stock', 'Stock that is there'), ('movements', 'Changes of stock'), ('reorder', 'Reorder points')], max_length=9)),
                ('state', models.CharField(choices=[('reading', 'Reading'), ('mapping', 'Columns to choose'), ('checking', 'Checking'), ('ready', 'To import'), ('importing', 'Importing'), ('imported', 'Imported'), ('undoing', 'Being undone'), ('undone', 'Undone'), ('failed', 'Failed'), ('discarded', 'Discarded')], default='reading', max_length=9)),
                ('file_name', models.CharField(max_length=200, verbose_name='file')),
                ('file_size', models.PositiveBigIntegerField(help_text='In bytes.')),
                ('delimiter', models.CharField(blank=True, help_text='Empty for a workbook.', max_length=1)),
                ('header', models.JSONField(default=list)),
                ('mapping', models.JSONField(default=list)),
                ('notes', models.JSONField(default=list)),
                ('is_strict', models.BooleanField(default=False, help_text='Import nothing unless every row is right.')),
                ('row_count', models.PositiveIntegerField(default=0, verbose_name='rows')),
                ('new_count', models.PositiveIntegerField(default=0, verbose_name='new')),
                ('changed_count', models.PositiveIntegerField(default=0, verbose_name='changed')),
                ('same_count', models.PositiveIntegerField(default=0, verbose_name='same')),
                ('wrong_count', models.PositiveIntegerField(default=0, verbose_name='errors')),
                ('done_count', models.PositiveIntegerField(default=0, verbose_name='imported')),
                ('refused_count', models.PositiveIntegerField(default=0, verbose_name='refused while importing')),
                ('undone_count', models.PositiveIntegerField(default=0, verbose_name='undone')),
                ('kept_count', models.PositiveIntegerField(default=0, verbose_name='not undone')),
                ('position', models.JSONField(default=dict)),
                ('actor_type', models.CharField(choices=[('user', 'Person'), ('key', 'API key'), ('system', 'System')], max_length=6)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_name', models.CharField(max_length=254, verbose_name='by')),
                ('imported_by', models.CharField(blank=True, max_length=254)),
                ('undone_by', models.CharField(blank=True, max_length=254)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('lease', models.UUIDField(blank=True, editable=False, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('imported_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, help_text='When there was last nothing more to do.', null=True)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='warehouses.organization')),
                ('places', models.ManyToManyField(blank=True, related_name='+', to='warehouses.warehouse')),
                ('reason_code', models.ForeignKey(blank=True, help_text='Of rows that name none.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='inventory.reasoncode')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('warehouse', models.ForeignKey(blank=True, help_text='Of rows that name none.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='warehouses.warehouse')),
            ],
            options={
                'verbose_name': 'import',
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='Counted from 1.')),
                ('line', models.PositiveIntegerField(help_text='Where it begins in the file.')),
                ('content', models.JSONField()),
                ('is_unreadable', models.BooleanField(default=False)),
                ('outcome', models.CharField(choices=[('pending', 'Not checked'), ('new', 'New'), ('changed', 'Changed'), ('same', 'Same'), ('wrong', 'Error')], default='pending', max_length=7)),
                ('stage', models.CharField(blank=True, choices=[('', '–'), ('ready', 'To import'), ('done', 'Imported'), ('refused', 'Refused'), ('undone', 'Undone'), ('kept', 'Not undone')], max_length=7)),
                ('key', models.CharField(blank=True, max_length=64)),
                ('changes', models.JSONField(default=list)),
                ('problems', models.JSONField(default=list)),
                ('subject_id', models.UUIDField(null=True)),
                ('document_id', models.UUIDField(null=True)),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='inventory.importrun')),
            ],
            options={
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='ImportFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.BinaryField()),
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='file', to='inventory.importrun')),
            ],
        ),
        migrations.CreateModel(
            name='ImportMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('catalogue', 'SKUs of the catalogue'), ('stock', 'Stock that is there'), ('movements', 'Changes of stock'), ('reorder', 'Reorder points')], max_length=9)),
                ('header_key', models.CharField(max_length=64)),
                ('mapping', models.JSONField()),
                ('used_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='warehouses.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization', 'kind', 'header_key'), name='inventory_import_mapping_once')],
            },
        ),
        migrations.AddIndex(
            model_name='importrun',
            index=models.Index(fields=['organization', '-created_at', '-id'], name='inventory_import_newest'),
        ),
        migrations.AddIndex(
            model_name='importrun',
            index=models.Index(condition=models.Q(('state__in', ('reading', 'checking', 'importing', 'undoing'))), fields=['next_attempt_at'], name='inventory_import_due'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('next_attempt_at__isnull', False), ('state__in', ('reading', 'checking', 'importing', 'undoing'))), models.Q(models.Q(('state__in', ('reading', 'checking', 'importing', 'undoing')), _negated=True), ('next_attempt_at__isnull', True)), _connector='OR'), name='inventory_import_run_open_is_due'),
        ),
        migrations.AddIndex(
            model_name='importrow',
            index=models.Index(fields=['run', 'outcome', 'number'], name='inventory_import_row_outcome'),
        ),
        migrations.AddIndex(
            model_name='importrow',
            index=models.Index(condition=models.Q(('stage', ''), _negated=True), fields=['run', 'stage', 'number'], name='inventory_import_row_stage'),
        ),
        migrations.AddIndex(
            model_name='importrow',
            index=models.Index(condition=models.Q(('document_id__isnull', False)), fields=['document_id'], name='inventory_import_row_document'),
        ),
        migrations.AddConstraint(
            model_name='importrow',
            constraint=models.UniqueConstraint(fields=('run', 'number'), name='inventory_import_row_once'),
        ),
    ]
