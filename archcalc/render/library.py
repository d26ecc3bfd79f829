"""Reference texts: what ops do, and what the columns of a table mean."""

from __future__ import annotations


def manual(op: str = "", *, width: int = 100) -> str:
    """The manual of an op: what it does, its options, what it counts and costs.

    Parameters:
        op: the name of an op; none: a list of all ops.
        width: characters of the longest line.

    Raises:
        ArchcalcError: the op does not exist.

    >>> manual("relu").splitlines()[0]
    'relu: Rectified linear unit, max(0, x): one comparison per value.'
    """
    from archcalc.render.manual import all_ops, one_op

    return one_op(op, width) if op else all_ops()


def table_columns() -> dict[str, str]:
    """The columns that a table of layers can show, and what each of them means.

    >>> table_columns()["output"]
    'output volume'
    """
    from archcalc.render.columns import COLUMNS

    return {column.name: column.says for column in COLUMNS.values()}


def totals_columns() -> dict[str, str]:
    """The columns that a table of networks can show, and what each of them means.

    >>> totals_columns()["depth"], totals_columns()["top1"]
    ('weighted layers on the longest path', 'published top-1 accuracy, in percent')
    """
    from archcalc.render.totals import COLUMNS

    return {column.key: column.says for column in COLUMNS.values()}


def list_columns() -> dict[str, str]:
    """The columns that the list of networks can show, and what each of them means.

    >>> list_columns()["year"]
    'year of the publication'
    """
    from archcalc.render.listing import COLUMNS

    return {column.key: column.says for column in COLUMNS.values()}
