"""GeoPackage (.gpkg): one layer by name, or the only one it holds; attribute-only tables are layers without geometry."""

from __future__ import annotations

from collections.abc import Iterator

from etl.core.spec import Delivered, Reading, ReadOptions, Source, chosen_layers, gdal_path, vector_reading


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading for each chosen layer, in its own CRS."""
    for layer in chosen_layers(gdal_path(path), options.layer):
        yield vector_reading(path, layer, options)


SOURCE = Source(name="geopackage", zh="GeoPackage", suffixes=(".gpkg",), read=read)
