"""What else an installation needs beside loading: its state in words, the way back, and tidying up."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.settings import Settings
from data.store.lake import has_tables, last_load, open_lake
from data.store.serving import current, kept
from etl.core.publish import prune, rollback
from etl.core.scratch import exclusive, sweep

_SHOWN = "name, table_name, delivered_at, rows, refused, file"


def status(settings: Settings, console: Console) -> None:
    """Print what is on show, what is kept, and what each dataset delivered last."""
    shown = current(settings)
    if shown is None:
        console.print("Nothing has been published yet. 尚未发布。")
    else:
        console.print(f"on show 当前快照: {shown.snapshot}  published 发布于 {shown.published_at:%Y-%m-%d %H:%M:%S %Z}", soft_wrap=True)
        if shown.rolled_back_from:
            console.print(
                f"rolled back from 回退自: {shown.rolled_back_from}; `python -m etl rollback {shown.rolled_back_from}` returns to it"
            )
    console.print(f"kept 保留: {', '.join(map(str, kept(settings))) or '–'}")
    if not (settings.lake / "catalog.sqlite").exists():
        return
    with open_lake(settings) as lake:
        if has_tables(lake):
            newest = last_load(lake)
            if shown is None or newest not in (shown.snapshot, shown.rolled_back_from):
                console.print(f"loaded but not published 已入库未发布: {newest}; the next load publishes it")
            rows = lake.execute(
                "SELECT name, table_name, delivered_at, rows, refused, file FROM lake.dataset ORDER BY table_name, name"
            ).fetchall()
            console.print(_datasets(rows))


def _datasets(rows: list[tuple[object, ...]]) -> Table:
    table = Table()
    for title in ("dataset 数据集", "table 表", "delivered 交付日期", "rows 行", "refused 退回", "file 文件"):
        table.add_column(title, justify="right" if title.split()[0] in ("rows", "refused") else "left")
    for row in rows:
        # As text: a file called `[1].xlsx` is no markup.
        table.add_row(*(Text(f"{value:,}" if isinstance(value, int) else str(value)) for value in row))
    return table


def go_back(settings: Settings, console: Console, snapshot: int | None, at: datetime) -> None:
    """Show an earlier kept snapshot. The lake keeps the newer delivery; a corrected one comes on top of it."""
    with exclusive(settings):
        before, now_shown = rollback(settings, at, snapshot)
    console.print(f"Snapshot {now_shown} is on show instead of {before}. 当前显示快照 {now_shown}（此前为 {before}）。", soft_wrap=True)
    console.print(
        "The lake keeps the newer delivery: deliver a correction, or return to it with rollback. 数据湖仍保留较新的数据。", soft_wrap=True
    )


def prune_all(settings: Settings, console: Console) -> None:
    """Remove serving files and pack blobs beyond `keep_snapshots`, leftovers of killed runs, and small Parquet files by merging them."""
    with exclusive(settings):
        sweep(settings)
        dropped = prune(settings) if settings.serving.exists() else []
        removed = _tidy_lake(settings)
    console.print(f"dropped snapshots 移除快照: {', '.join(map(str, dropped)) or '–'}; orphan files 残留文件: {removed}")


def _tidy_lake(settings: Settings) -> int:
    """Merge small files and drop files that no snapshot names. History stays whole: no snapshot is expired."""
    if not (settings.lake / "catalog.sqlite").exists():
        return 0
    with open_lake(settings, read_only=False) as lake:
        lake.execute("CALL ducklake_merge_adjacent_files('lake')")
        return len(lake.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)").fetchall())
