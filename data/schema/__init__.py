"""The contract: every table once. DDL, import templates, validation, data dictionary and export fields all come from here."""

from __future__ import annotations

from data.errors import ContractError, advice
from data.schema.model import GEOMETRY_COLUMNS, LINEAGE, Column, Geometry, Kind, Personal, Reference, Role, Table
from data.schema.people import CASEWORK, ORGANISATION, OVERRIDE, PERSON, POPULATION_CELL, RENTAL, RESPONDER, SERVICE
from data.schema.places import AREA, BACKDROP, FACILITY, HOUSE, LOT, PARCEL, ROOM, STAND, ZONE

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        AREA, HOUSE, ROOM, RENTAL, PERSON, PARCEL, LOT, ZONE, STAND, POPULATION_CELL,
        FACILITY, RESPONDER, ORGANISATION, SERVICE, CASEWORK, OVERRIDE, BACKDROP,
    )
}  # fmt: skip


def table(name: str) -> Table:
    """The table called `name`. Raises ContractError with the nearest names when there is none."""
    if name not in TABLES:
        raise ContractError(f"The contract has no table {name!r}.", remedy=advice(name, TABLES))
    return TABLES[name]


__all__ = [
    "GEOMETRY_COLUMNS", "LINEAGE", "TABLES", "Column", "Geometry", "Kind", "Personal", "Reference", "Role", "Table", "table",
]  # fmt: skip
