"""The operational database: its tables (SQLAlchemy Core) and its engine. SQLite in WAL mode, or PostgreSQL by one setting; one code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from data.errors import NetworkError
from data.schema.network import INCIDENT
from data.settings import Settings

BUSY_S = 20  # a writer of another process (replay, simulation) has the file for a few milliseconds
LAYOUT = 1  # of the tables below; a database of another layout is refused

metadata = sa.MetaData()
COUNTS = (  # columns of an incident that count from 0 and are never empty
    "supervised", "rung", "urged", "returns", "redispatched", "reworks", "extensions", "retyped", "lengthened", "reopened", "paused",
    "photos",
)  # fmt: skip
_KIND: dict[str, Any] = {"integer": sa.BigInteger, "number": sa.Double}
# SQLite makes a rowid of INTEGER alone.
_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")

event = sa.Table(
    "event", metadata,
    sa.Column("seq", _SEQ, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("incident", sa.Text, nullable=False, index=True),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("duty", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("feed", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)  # fmt: skip
incident = sa.Table(
    "incident", metadata,
    *(
        sa.Column(
            column.name, _KIND.get(column.kind, sa.Text), primary_key=column.name == "id", autoincrement=False,
            default=0 if column.name in COUNTS else None,
        )
        for column in INCIDENT.columns
    ),
    sa.Index("incident_external", "feed", "external_id", unique=True),
    sa.Index("incident_state", "state"),
    sa.Index("incident_reported", "reported_at"),
    sa.Index("incident_closed", "closed_at"),
    sa.Index("incident_due", "due_at"),
    sa.Index("incident_alike", "type", "reported_at"),
    sa.Index("incident_path", "path"),
    sa.Index("incident_parent", "parent"),
)  # fmt: skip
attachment = sa.Table(
    "attachment", metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("incident", sa.Text, index=True),  # empty until it is reported
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)  # fmt: skip
alert = sa.Table(
    "alert", metadata,
    sa.Column("identifier", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("sent", sa.BigInteger, nullable=False),
    sa.Column("expires", sa.BigInteger),
    sa.Column("ended", sa.BigInteger),  # cancelled or replaced by another
    sa.Column("body", sa.Text, nullable=False),
)  # fmt: skip
feed = sa.Table(
    "feed", metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("last_at", sa.BigInteger),
    sa.Column("items", sa.BigInteger, nullable=False, default=0),
    sa.Column("refused", sa.BigInteger, nullable=False, default=0),
    sa.Column("refused_at", sa.BigInteger),
    sa.Column("why", sa.Text),
)  # fmt: skip
position = sa.Table(
    "position", metadata,
    sa.Column("responder", sa.Text, primary_key=True),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("duty", sa.Text, nullable=False),
)  # fmt: skip
version = sa.Table(
    "version", metadata,
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)  # fmt: skip
handover = sa.Table(
    "handover", metadata,
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("duty", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),  # of the log when it was written
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("read_by", sa.Text),
    sa.Column("read_at", sa.BigInteger),
)  # fmt: skip
about = sa.Table("about", metadata, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))

COLUMNS = tuple(column.name for column in INCIDENT.columns)
NOTHING: dict[str, Any] = dict.fromkeys(COLUMNS)


def is_sqlite(engine: sa.Engine) -> bool:
    """Whether the database is a file of this machine."""
    return engine.dialect.name == "sqlite"


def open_engine(settings: Settings) -> sa.Engine:
    """The engine, with all tables made. Raises NetworkError when the database cannot be used."""
    url = settings.ops
    if not url:
        settings.ops_folder.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{settings.ops_folder / 'ops.sqlite'}"
    engine = _engine(url)
    try:
        _prepare(engine)
    except sa.exc.SQLAlchemyError as error:
        shown = engine.url.render_as_string(hide_password=True)
        raise NetworkError(
            f"The operational database {shown} cannot be used ({error}).", remedy="Check ONESCREEN_OPS and that the database runs.",
            zh=f"业务数据库 {shown} 无法使用（{error}）。", zh_remedy="请检查 ONESCREEN_OPS 以及数据库是否在运行。",
        ) from error  # fmt: skip
    return engine


def _engine(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, pool_size=4)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_S, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # pysqlite would begin late; `begin` below does it
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # what was acknowledged survives a power cut
        connection.execute("PRAGMA cache_size=-64000")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def _prepare(engine: sa.Engine) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        if not is_sqlite(engine):
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(311, 0)")
        metadata.create_all(connection)
        _grow(connection)
        connection.execute(insert_new(connection, about, [{"key": "layout", "value": str(LAYOUT)}]))
        layout = connection.execute(sa.select(about.c.value).where(about.c.key == "layout")).scalar_one()
    if layout != str(LAYOUT):
        raise NetworkError(
            f"The operational database has layout {layout}, this program knows {LAYOUT}.", remedy="Use the program that wrote it.",
            zh=f"业务数据库的结构版本为 {layout}，本程序只认 {LAYOUT}。", zh_remedy="请使用写入它的程序。",
        )  # fmt: skip


def _grow(connection: sa.Connection) -> None:
    """Give tables that an older program made the columns and indexes that have come since. A column is empty in its rows, or has what
    it begins with: a counter is 0."""
    seen = sa.inspect(connection)
    for table in metadata.sorted_tables:
        there = {column["name"] for column in seen.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                kind = column.type.compile(connection.dialect)
                connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN "{column.name}" {kind}')
                if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar:
                    connection.execute(table.update().values({column.name: column.default.arg}))
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def lock(connection: sa.Connection) -> None:
    """Make this transaction the only one that writes to the log, so that the order of numbers is the order of commits."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(311, 1)")


def insert_new(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> Any:
    """An INSERT that leaves rows alone whose key is there."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).values(rows).on_conflict_do_nothing()


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows with every column. As plain tuples: binding seventy named columns a row costs the writer more than the database."""
    names = tuple(column.name for column in table.columns)
    connection.exec_driver_sql(_insert(table.name, names, _mark(connection)), [tuple(row[name] for name in names) for row in rows])


def update_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace every column of rows by their `id`."""
    names = tuple(column.name for column in table.columns if column.name != "id")
    values = [(*(row[name] for name in names), row["id"]) for row in rows]
    connection.exec_driver_sql(_update(table.name, names, _mark(connection)), values)


def _mark(connection: sa.Connection) -> str:
    """What the driver writes for a value."""
    return "%s" if connection.dialect.name == "postgresql" else "?"


@cache
def _insert(table: str, names: tuple[str, ...], mark: str) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join([mark] * len(names))})'


@cache
def _update(table: str, names: tuple[str, ...], mark: str) -> str:
    settings = ", ".join(f'"{name}" = {mark}' for name in names)
    return f'UPDATE "{table}" SET {settings} WHERE id = {mark}'


def upsert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that replaces the row of the same key; give it a list of rows when executing."""
    return _upsert(connection.dialect.name, table)


@cache
def _upsert(dialect: str, table: sa.Table) -> Any:
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    )
