"""OpenStreetMap extracts (.osm.pbf, .osm): layers points, lines, multilinestrings, multipolygons, other_relations.

Tags become columns: the ones of osmconf.ini, and any further one that the mapping or the row filter names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from etl.core.spec import Delivered, Evidence, Reading, ReadOptions, Source, chosen_layers, gdal_path, vector_reading

_CONFIG = Path(__file__).with_name("osmconf.ini")
_UNIQUE = Evidence(
    "osm_id carries the kind of object (n node, w way, r relation), so that it is unique",
    "osm_id 带有要素类型前缀（n 节点、w 路径、r 关系），保证唯一",
)
_PREFIX = {"points": "n", "lines": "w", "multilinestrings": "r", "multipolygons": "r", "other_relations": "r"}


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading for each chosen layer."""
    for layer in chosen_layers(gdal_path(path), options.layer):
        reading = vector_reading(path, layer, options, evidence=(_UNIQUE,), CONFIG_FILE=str(_CONFIG))
        wanted = tuple(dict.fromkeys((*options.wanted, *(options.where or {}))))
        tags = tuple(tag for tag in wanted if tag not in reading.headers)
        headers = (*(header for header in reading.headers if header not in ("osm_way_id", "other_tags")), *tags, "other_tags")
        yield Reading(
            file=path.name, sheet=layer, headers=headers, batches=_tagged(reading.batches, headers, tags, _PREFIX[layer]), crs=reading.crs,
            encoding="utf-8", evidence=reading.evidence, notes=reading.notes,
        )  # fmt: skip


def _tagged(batches: Iterator[pa.RecordBatch], headers: tuple[str, ...], tags: tuple[str, ...], prefix: str) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        columns = {name: batch.column(name) for name in batch.schema.names}
        columns["osm_id"] = _identity(columns, prefix)
        columns.update({tag: _tag(columns["other_tags"], tag) for tag in tags})
        arrays = [columns[name] for name in (*headers, "__row", "__wkb")]
        yield pa.RecordBatch.from_arrays(arrays, names=[*headers, "__row", "__wkb"])


def _identity(columns: dict[str, pa.Array], prefix: str) -> pa.Array:
    """n…, w… or r…: nodes, ways and relations count separately, and polygons come from ways as well as from relations."""
    own = pc.binary_join_element_wise(pa.scalar(prefix), columns["osm_id"], "")
    if "osm_way_id" not in columns:
        return own
    return pc.coalesce(own, pc.binary_join_element_wise(pa.scalar("w"), columns["osm_way_id"], ""))


def _tag(other: pa.Array, tag: str) -> pa.Array:
    """Value of one tag in the hstore text `"key"=>"value",…`."""
    quoted = "".join(f"\\{c}" if not c.isalnum() and c != "_" else c for c in tag)
    found = pc.extract_regex(other, rf'(?:^|,)"{quoted}"=>"(?P<value>(?:[^"\\]|\\.)*)"')
    return pc.replace_substring_regex(pc.struct_field(found, "value"), r"\\(.)", r"\1")


SOURCE = Source(name="osm_pbf", zh="OpenStreetMap", suffixes=(".pbf", ".osm"), read=read)
