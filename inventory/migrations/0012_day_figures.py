import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('warehouses', '0005_page_preferences'),
        ('inventory', '0011_exports'),
    ]

    operations = [
        migrations.CreateModel(
            name='DayFiguresRefresh',
            fields=[
                ('organization', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='warehouses.organization')),
                ('refreshed_at', models.DateTimeField()),
                ('open_day', models.DateField()),
                ('took_ms', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='DayFigures',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('on_hand', models.BigIntegerField()),
                ('value', models.DecimalField(decimal_places=4, max_digits=30)),
                ('reserved', models.BigIntegerField(null=True)),
                ('held', models.BigIntegerField(null=True)),
                ('units_in', models.BigIntegerField(default=0)),
                ('units_out', models.BigIntegerField(default=0)),
                ('movements', models.BigIntegerField(default=0)),
                ('reasons', models.JSONField(default=dict)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='warehouses.organization')),
                ('warehouse', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='warehouses.warehouse')),
            ],
            options={
                'verbose_name_plural': 'day figures',
                'ordering': ('day', 'warehouse'),
                'indexes': [models.Index(fields=['organization', 'day'], name='inventory_day_figures_of_day')],
                'constraints': [models.UniqueConstraint(fields=('warehouse', 'day'), name='inventory_day_figures_once')],
            },
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(condition=models.Q(('state', 'in_transit')), fields=['organization', 'expected_on'], name='inventory_transfer_expected'),
        ),
    ]
