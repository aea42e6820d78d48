"""A database of one's own on a PostgreSQL server, for as long as it is needed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from gateway.store.engine import StoreUnavailable, database_url


@contextmanager
def database_beside(url: str) -> Iterator[str]:
    """The address of an empty database on the same server. It is dropped at the end; the one that ``url`` names is left alone.

    Raises:
        StoreUnavailable: the server is not there, or its user may not make databases.
    """
    try:
        given = database_url(url)
        server = sa.create_engine(given, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    except (sa.exc.ArgumentError, ImportError) as error:
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
    name = f"{given.database or 'gateway'}_{secrets.token_hex(4)}"
    quoted = server.dialect.identifier_preparer.quote(name)
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {quoted} TEMPLATE template0")
    except sa.exc.DBAPIError as error:
        raise StoreUnavailable(f"{type(error.orig).__name__}: {error.orig}") from error
    try:
        yield given.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
