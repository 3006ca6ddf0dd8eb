-- Makes partitions of the ledger, by the month in which a movement was recorded: docs/scaling.md says when and why.
--
-- In a maintenance window, with web, worker and beat stopped, as the owner of the tables:
--
--     psql "$DATABASE_URL" --set ON_ERROR_STOP=1 --single-transaction --file docs/partitioning.sql
--     manage.py migrate && manage.py verify_stock && manage.py verify_ledger
--
-- All movements so far become one partition, which is not copied. Its new primary key is the one long step; build it
-- beforehand, while the product works, and the window is as long as one reading of the table:
--
--     CREATE UNIQUE INDEX CONCURRENTLY inventory_movement_before_pkey ON inventory_movement (id, recorded_at);

SET LOCAL statement_timeout = 0;
LOCK TABLE inventory_movement IN ACCESS EXCLUSIVE MODE;

-- 1. The table as it is steps aside, with everything that is named after it.
ALTER TABLE inventory_movement RENAME TO inventory_movement_before;
-- Unique constraints of a partitioned table contain the column that it is divided by.
ALTER TABLE inventory_movement_before DROP CONSTRAINT inventory_movement_pkey;
CREATE UNIQUE INDEX IF NOT EXISTS inventory_movement_before_pkey ON inventory_movement_before (id, recorded_at);
ALTER TABLE inventory_movement_before
    ADD CONSTRAINT inventory_movement_before_pkey PRIMARY KEY USING INDEX inventory_movement_before_pkey;
ALTER TABLE inventory_movement_before DROP CONSTRAINT inventory_movement_chain;
ALTER INDEX inventory_movement_newest RENAME TO inventory_movement_before_newest;
ALTER INDEX inventory_movement_of_document RENAME TO inventory_movement_before_of_document;
ALTER INDEX inventory_movement_of_item RENAME TO inventory_movement_before_of_item;
ALTER INDEX inventory_movement_of_sku RENAME TO inventory_movement_before_of_sku;
-- The partitioned table has its own, which stands on each partition too. That against TRUNCATE stays.
DROP TRIGGER inventory_movement_append_only ON inventory_movement_before;

-- 2. The table anew, with the same columns and checks.
CREATE TABLE inventory_movement (LIKE inventory_movement_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (recorded_at);
ALTER TABLE inventory_movement ADD CONSTRAINT inventory_movement_pkey PRIMARY KEY (id, recorded_at);
ALTER TABLE inventory_movement
    ADD CONSTRAINT inventory_movement_chain UNIQUE (level_id, level_version, recorded_at);
CREATE INDEX inventory_movement_newest ON inventory_movement (organization_id, recorded_at DESC, id DESC);
CREATE INDEX inventory_movement_of_document ON inventory_movement (document_id);
CREATE INDEX inventory_movement_of_item ON inventory_movement (stock_item_id, recorded_at DESC, level_version DESC);
CREATE INDEX inventory_movement_of_sku ON inventory_movement (sku_id, recorded_at DESC, id DESC);

-- 3. Its foreign keys, grants and policies are those that it had.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
        WHERE conrelid = 'inventory_movement_before'::regclass AND contype = 'f'
    LOOP
        EXECUTE format('ALTER TABLE inventory_movement ADD CONSTRAINT %I %s', found.conname, found.definition);
    END LOOP;
    FOR found IN
        SELECT DISTINCT grantee, privilege_type FROM information_schema.role_table_grants
        WHERE table_schema = current_schema() AND table_name = 'inventory_movement_before'
    LOOP
        EXECUTE format('GRANT %s ON inventory_movement TO %I', found.privilege_type, found.grantee);
    END LOOP;
END
$$;

-- 4. What there is, up to the end of this month; a year of months; and what falls into none of them.
DO $$
DECLARE
    next_month date := date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month';
    month date;
BEGIN
    EXECUTE format(
        'ALTER TABLE inventory_movement ATTACH PARTITION inventory_movement_before FOR VALUES FROM (MINVALUE) TO (%L)',
        next_month::timestamp AT TIME ZONE 'UTC'
    );
    FOR month IN SELECT generate_series(next_month, next_month + interval '11 months', interval '1 month')::date LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF inventory_movement FOR VALUES FROM (%L) TO (%L)',
            'inventory_movement_' || to_char(month, 'YYYY_MM'),
            month::timestamp AT TIME ZONE 'UTC',
            (month + interval '1 month') AT TIME ZONE 'UTC'
        );
    END LOOP;
END
$$;
CREATE TABLE inventory_movement_other PARTITION OF inventory_movement DEFAULT;

-- 5. A trigger against TRUNCATE is not handed on to partitions.
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT relid FROM pg_partition_tree('inventory_movement') WHERE isleaf LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER inventory_movement_no_truncate BEFORE TRUNCATE ON %s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION inventory_ledger_refuse()',
            part
        );
    END LOOP;
END
$$;
