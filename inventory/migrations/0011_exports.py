import django.db.models.deletion
import django.utils.timezone
import warehouses.identifiers
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0010_imports'),
        ('warehouses', '0005_page_preferences'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=warehouses.identifiers.new_id, editable=False, primary_key=True, serialize=False)),
                ('page', models.CharField(max_length=60)),
                ('query', models.TextField(blank=True)),
                ('all_columns', models.BooleanField(default=False)),
                ('title', models.CharField(max_length=120)),
                ('format', models.CharField(choices=[('csv', 'CSV'), ('xlsx', 'Excel')], max_length=4)),
                ('state', models.CharField(choices=[('queued', 'Waiting'), ('running', 'In progress'), ('ready', 'Ready'), ('failed', 'Failed')], default='queued', max_length=7)),
                ('row_count', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='rows')),
                ('rows_done', models.PositiveBigIntegerField(default=0)),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='bytes')),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('lease', models.UUIDField(blank=True, editable=False, null=True)),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='warehouses.organization')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='ExportPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('content', models.BinaryField()),
                ('export', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='inventory.export')),
            ],
            options={
                'ordering': ('export', 'position'),
            },
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(fields=['user', 'organization', '-created_at', '-id'], name='inventory_export_newest'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('state__in', ('queued', 'running'))), fields=['created_at'], name='inventory_export_due'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(fields=['created_at'], name='inventory_export_age'),
        ),
        migrations.AddConstraint(
            model_name='exportpart',
            constraint=models.UniqueConstraint(fields=('export', 'position'), name='inventory_export_part_once'),
        ),
    ]
