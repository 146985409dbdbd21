-- Stands for Citus, which no server here has: its catalogue, and functions that refuse as its own do.
CREATE TABLE pg_dist_partition (
    logicalrelid regclass PRIMARY KEY, partkey text, repmodel "char" NOT NULL);
CREATE TABLE pg_dist_authinfo (nodeid int NOT NULL, rolename name NOT NULL, authinfo text NOT NULL);
CREATE UNIQUE INDEX ON pg_dist_authinfo (rolename, nodeid DESC);
CREATE TABLE calls (number serial, call text);

CREATE FUNCTION column_to_column_name(relation regclass, partkey text) RETURNS text
LANGUAGE sql AS 'SELECT partkey';

CREATE FUNCTION create_reference_table(relation regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = relation AND repmodel = 't') THEN
        RAISE EXCEPTION 'table "%" is already distributed', relation;
    END IF;
    INSERT INTO pg_dist_partition VALUES (relation, NULL, 't')
    ON CONFLICT (logicalrelid) DO UPDATE SET repmodel = 't';
    INSERT INTO calls (call) VALUES (format('reference %s', relation));
    -- Tables that point to a reference table become known to Citus, and stay where they are.
    INSERT INTO pg_dist_partition
    SELECT DISTINCT conrelid::regclass, NULL, 's'::"char" FROM pg_constraint
    WHERE contype = 'f' AND confrelid = relation AND conrelid <> confrelid
    ON CONFLICT DO NOTHING;
END
$$;

CREATE FUNCTION create_distributed_table(relation regclass, distribution_column text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_dist_partition
               WHERE logicalrelid = relation AND (partkey IS NOT NULL OR repmodel = 't')) THEN
        RAISE EXCEPTION 'table "%" is already distributed', relation;
    END IF;
    IF EXISTS (SELECT FROM pg_constraint
               WHERE contype = 'f' AND conrelid = relation AND confrelid <> conrelid
                 AND confrelid NOT IN (SELECT logicalrelid FROM pg_dist_partition
                                       WHERE repmodel = 't' OR partkey IS NOT NULL)) THEN
        RAISE EXCEPTION 'cannot create foreign key constraint';
    END IF;
    INSERT INTO pg_dist_partition VALUES (relation, distribution_column, 's')
    ON CONFLICT (logicalrelid) DO UPDATE SET partkey = distribution_column;
    INSERT INTO calls (call) VALUES (format('distributed %s', relation));
END
$$;
