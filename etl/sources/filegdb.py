"""Esri file geodatabase: a folder that ends in .gdb, or a zip archive of one."""

from __future__ import annotations

from collections.abc import Iterator

from etl.core.spec import Delivered, Reading, ReadOptions, Source, chosen_layers, gdal_path, vector_reading


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading for each chosen feature class or table."""
    for layer in chosen_layers(gdal_path(path), options.layer):
        yield vector_reading(path, layer, options)


SOURCE = Source(name="filegdb", zh="文件地理数据库", suffixes=(".gdb",), read=read, folder=True)
