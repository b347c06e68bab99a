"""The tables of the embedded store, and how an older file becomes a newer one."""

from typing import Final

import duckdb

from contract.link import Rejected

MIGRATIONS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE series (
        id INTEGER, kind VARCHAR, post VARCHAR, agent VARCHAR, device VARCHAR, metric VARCHAR,
        unit VARCHAR
    );
    CREATE TABLE origin (id INTEGER, source VARCHAR, stream VARCHAR, epoch VARCHAR);
    CREATE TABLE points (
        series INTEGER, origin INTEGER, sequence BIGINT, item INTEGER, observed_us BIGINT,
        value DOUBLE, facts VARCHAR
    );
    CREATE VIEW readings AS
        SELECT make_timestamp(p.observed_us) AS observed_at, s.post, s.agent, s.device, s.metric,
               p.value, s.unit, o.source, o.stream, o.epoch, p.sequence, p.item
        FROM points p JOIN series s ON s.id = p.series JOIN origin o ON o.id = p.origin
        WHERE s.kind = 'reading';
    CREATE VIEW happenings AS
        SELECT make_timestamp(p.observed_us) AS observed_at, s.kind, s.post, s.agent, s.device,
               s.metric, p.value, s.unit, p.facts::JSON AS facts, o.source, o.stream, o.epoch,
               p.sequence
        FROM points p JOIN series s ON s.id = p.series JOIN origin o ON o.id = p.origin
        WHERE s.kind <> 'reading';
    """,
)
"""Each brings the file one version forward; append, never change one that was released."""


def migrate(connection: duckdb.DuckDBPyConnection) -> int:
    """Bring the file to this version; raise `Rejected` if it is of a later one. Returns the old."""
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER)")
    versions = "SELECT coalesce(max(version), 0) FROM schema_version"
    ((found,),) = connection.execute(versions).fetchall()
    if found > len(MIGRATIONS):
        known = len(MIGRATIONS)
        raise Rejected(f"the store has schema {found}, this Greenlane knows {known}: update it")
    for version, migration in enumerate(MIGRATIONS[found:], start=found + 1):
        connection.begin()
        connection.execute(migration)
        connection.execute("INSERT INTO schema_version VALUES (?)", [version])
        connection.commit()
    return int(found)
