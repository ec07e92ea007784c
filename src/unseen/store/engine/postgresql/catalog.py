"""How everything in a schema is defined, as the catalogs of PostgreSQL have it."""

from sqlalchemy import Connection, text

from unseen.store.schema import metadata

__all__ = ["make_scratch", "read_definitions"]

# Kind, name and definition of what whoever alters a store could alter: relations with their columns, constraints,
# indexes, triggers, rules, policies, and whose children they are. Names of schemas are taken out, because what we
# compare with lies in another one.
_QUERIES = (
    # A table that is not logged is empty after a crash; triggers of references that are off let anything pass.
    """
    SELECT 'relation', c.relname, concat_ws(' ', c.relkind, CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
      CASE WHEN c.relrowsecurity OR c.relforcerowsecurity THEN 'with row security' END,
      (SELECT 'with triggers that are off' FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled <> 'O' LIMIT 1),
      (SELECT 'inheriting' FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent) LIMIT 1))
    FROM pg_class c WHERE c.relnamespace = :schema AND c.relkind NOT IN ('i', 'I', 't')
    """,
    """
    SELECT 'column', c.relname || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attcollation <> 0 THEN (SELECT collname FROM pg_collation WHERE oid = a.attcollation) END,
      CASE WHEN a.attnotnull THEN 'not null' END, nullif(a.attgenerated, ''), nullif(a.attidentity, ''),
      (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE (d.adrelid, d.adnum) = (c.oid, a.attnum)))
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = :schema AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
    """,
    """
    SELECT 'constraint', c.relname || '.' || n.conname,
      concat_ws(' ', pg_get_constraintdef(n.oid), CASE WHEN NOT n.convalidated THEN 'not checked' END)
    FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid WHERE c.relnamespace = :schema
    """,
    """
    SELECT 'index', x.relname, concat_ws(' ', pg_get_indexdef(i.indexrelid),
      CASE WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN 'not in use' END)
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE x.relnamespace = :schema
      AND i.indrelid IS DISTINCT FROM to_regclass('alembic_version')
    """,
    """
    SELECT 'trigger', c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = :schema AND NOT t.tgisinternal
    """,
    """
    SELECT 'rule', c.relname || '.' || r.rulename, pg_get_ruledef(r.oid)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = :schema
    """,
    """
    SELECT 'policy', c.relname || '.' || p.polname, concat_ws(' ', p.polcmd, pg_get_expr(p.polqual, p.polrelid))
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = :schema
    """,
)
_ALEMBIC = "alembic_version"
# As some functions call the schema of temporary tables, whose true name has a number.
_TEMPORARY = "pg_temp."

_STORE = text("SELECT oid, quote_ident(nspname) FROM pg_namespace WHERE nspname = current_schema()")
_SCRATCH = text("SELECT oid, quote_ident(nspname) FROM pg_namespace WHERE oid = pg_my_temp_schema()")


def read_definitions(connection: Connection, *, scratch: bool = False) -> dict[tuple[str, str], str]:
    """By kind and name, how everything is defined; of what `make_scratch` made, or of the store."""
    schema, prefix = connection.execute(_SCRATCH if scratch else _STORE).one()
    return {
        (kind, name): definition.replace(f"{prefix}.", "").replace(_TEMPORARY, "")
        for query in _QUERIES
        for kind, name, definition in connection.execute(text(query), {"schema": schema})
        if name.partition(".")[0] != _ALEMBIC
    }


def make_scratch(connection: Connection) -> None:
    """Make all tables of the schema as temporary ones, which nobody else sees."""
    temporary = connection.execution_options(schema_translate_map={None: "pg_temp"})
    metadata.create_all(temporary, checkfirst=False)
