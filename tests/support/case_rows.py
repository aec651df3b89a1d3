"""Rows of cases as a test wants them: what it does not name is whatever the table allows."""

from typing import Any

from sqlalchemy import Table

Row = dict[str, Any]


def row_of(table: Table, **given: Any) -> Row:
    """Of a table whose required columns are texts, numbers and truths."""
    required = {column.name: "x" if column.type.python_type is str else column.type.python_type(0)
                for column in table.columns if not column.nullable and column.name not in given}
    return {**{column.name: None for column in table.columns}, **required, **given}
