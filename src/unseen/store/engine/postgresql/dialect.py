"""The types of the schema as PostgreSQL has them, so that every table is written once, for both backends.

Integers have 64 bits, as in SQLite: a file may have more than two gigabytes. Text sorts by its bytes in UTF-8, as in
Python and in SQLite: rows of the server are merged with others in that order.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, String
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGDDLCompiler, PGTypeCompiler
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

__all__ = ["DRIVER", "Dialect"]

# For `create_engine`; the one place that knows of this dialect.
DRIVER = "postgresql+unseen"


class _Types(PGTypeCompiler):
    def visit_INTEGER(self, type_: Integer, **kw: Any) -> str:  # noqa: N802, ARG002  # as SQLAlchemy has it
        return "BIGINT"


class _Tables(PGDDLCompiler):
    def get_column_specification(self, column: Column[Any], **kwargs: Any) -> str:
        specification = super().get_column_specification(column, **kwargs)  # type: ignore[no-untyped-call]  # SQLAlchemy's own
        is_text = isinstance(column.type, String) and column.type.collation is None
        return f'{specification} COLLATE "C"' if is_text else specification


class _Number(BigInteger):
    # The driver says of each number how many bits it has: some functions of PostgreSQL take none of 64.
    render_bind_cast = False


class Dialect(PGDialect_psycopg):
    """SQLAlchemy's own, but for these types."""

    supports_statement_cache = True
    type_compiler_cls = _Types
    ddl_compiler = _Tables
    colspecs = PGDialect_psycopg.colspecs | {Integer: _Number, BigInteger: _Number}


registry.register("postgresql.unseen", __name__, "Dialect")
