"""Functions of SQL that each backend spells in its own way."""

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["sql_now_s", "sql_position"]


class sql_now_s(FunctionElement[int]):  # noqa: N801  # reads as the function that it is
    """Seconds since 1970 by the clock of SQL: the one clock that all who share a store agree on."""

    type = Integer()
    inherit_cache = True


class sql_position(FunctionElement[int]):  # noqa: N801  # as above
    """Where in bytes others begin, counted from 1; 0 where they do not occur. Takes both, the shorter ones last."""

    type = Integer()
    inherit_cache = True


@compiles(sql_now_s)
def _now_by_default(_element: sql_now_s, _compiler: SQLCompiler, **_rest: object) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT)"


@compiles(sql_now_s, "sqlite")
def _now_in_sqlite(_element: sql_now_s, _compiler: SQLCompiler, **_rest: object) -> str:
    return "CAST(strftime('%s', 'now') AS INTEGER)"


@compiles(sql_position)
def _position_by_default(element: sql_position, compiler: SQLCompiler, **rest: object) -> str:
    inside, wanted = (compiler.process(clause, **rest) for clause in element.clauses)
    return f"position({wanted} IN {inside})"


@compiles(sql_position, "sqlite")
def _position_in_sqlite(element: sql_position, compiler: SQLCompiler, **rest: object) -> str:
    inside, wanted = (compiler.process(clause, **rest) for clause in element.clauses)
    return f"instr({inside}, {wanted})"
