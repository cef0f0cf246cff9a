"""The town's editable tables: what is shipped, what is refused and how, and their versions."""

import csv
import json
from argparse import ArgumentParser
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from data.errors import NetworkError, SourceError
from data.settings import Settings
from incidents.core import schema, tables_command, tables_store
from incidents.core.schema import open_engine
from incidents.core.tables import Tables, mismatches
from incidents.core.tables_declared import DECLARED
from incidents.core.tables_read import plain, read_table, shipped, written

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables.shipped(ZONE)


@pytest.fixture
def engine(tmp_path):
    made = open_engine(Settings(home=tmp_path)).execution_options(writes=True)
    yield made
    made.dispose()


# ── what is shipped ──


def test_the_shipped_tables_agree_with_one_another(tables):
    assert mismatches(tables) == []


def test_types_have_the_limits_of_the_reference(tables):
    with (REFERENCE / "event_types.csv").open(encoding="utf-8-sig", newline="") as handle:
        reference = list(csv.DictReader(handle))
    assert len(tables.types) == len(reference) == 69
    for row in reference:
        assert tables.limit("handle", row["code"]) == (float(row["limit_value"]), row["limit_unit"])
        assert tables.type(row["code"]).grade == int(row["default_grade"])


def test_every_type_has_somebody_who_is_responsible_for_it_everywhere(tables):
    assert all(tables.unit_for(code, "/t/v/g/") in tables.units for code in tables.types)


@pytest.mark.parametrize(("day", "works"), [
    ("2025-01-26", True), ("2025-02-04", False), ("2025-10-08", False), ("2025-10-11", True), ("2026-01-04", True), ("2026-02-23", False),
    ("2026-02-28", True), ("2026-05-09", True), ("2026-10-10", True), ("2026-10-11", False), ("2027-02-08", False), ("2027-02-09", True),
])  # fmt: skip
def test_holidays_and_make_up_days_are_those_of_the_state_council(tables, day, works):
    assert bool(tables.calendar.spans(date.fromisoformat(day))) == works


def test_what_is_not_announced_yet_is_labelled_so_and_holds_the_statutory_days_only(tables):
    told = {
        day.year: [kept for when, kept in tables.calendar.days.items() if when.year == day.year]
        for day in (date(2026, 1, 1), date(2027, 1, 1))
    }
    assert all(kept.announced for kept in told[2026])
    assert not any(kept.announced for kept in told[2027])
    assert [kept.kind for kept in told[2027]] == ["holiday"] * 13
    assert {row["announced"] for row in tables.rows("holidays") if row["date"].year == 2027} == {"not announced"}


# ── lookups ──


def with_rows(tables: Tables, name: str, *rows: str) -> Tables:
    header = ",".join(field.name for field in DECLARED[name].fields)
    return replace(tables, given={**tables.given, name: read_table(name, "\n".join((header, *rows)))})


def test_the_most_specific_rule_says_who_is_responsible(tables):
    ours = with_rows(
        tables, "responsible", "*,*,operations", "05,*,enforcement", "05,990115103200,police", "0505,*,property", "*,99011510320001,civil"
    )
    assert ours.unit_for("0102", "/990115103/990115103201/") == "operations"
    assert ours.unit_for("0504", "/990115103/990115103201/") == "enforcement"
    assert ours.unit_for("0504", "/990115103/990115103200/") == "police"
    assert ours.unit_for("0505", "/990115103/990115103200/") == "property", "the type goes before the area"
    assert ours.unit_for("0102", "/990115103/990115103200/990115103200021/") == "operations"
    assert ours.unit_for("0102", "/990115103/990115103200/990115103200010/") == "civil", "the beginning of a code"


def test_the_highest_rung_reached_is_the_one_that_counts_and_a_grade_may_have_its_own_ladder(tables):
    ours = with_rows(tables, "ladder", "*,0.8,unit,0", "*,1.5,leader,2", "1,0.8,leader,1")
    assert ours.rung(4, 0.79) is None
    assert (ours.rung(4, 1.4).share, ours.rung(4, 1.5).card) == (0.8, 2)
    assert ours.rung(1, 9).card == 1


def test_a_vendor_without_its_own_entry_gets_the_common_one(tables):
    ours = with_rows(tables, "labels", "*,garbage,0102", "acme,garbage,0103")
    assert (ours.label("acme", "garbage"), ours.label("other", "garbage"), ours.label("acme", "cat")) == ("0103", "0102", None)


@pytest.mark.parametrize(("ask", "word"), [
    (lambda tables: tables.type("01022"), "0102"), (lambda tables: tables.unit("sanitition"), "sanitation"),
    (lambda tables: tables.source("patrl"), "patrol"), (lambda tables: tables.limit("acept", "0102"), "accept"),
])  # fmt: skip
def test_what_is_not_in_a_table_is_refused_naming_the_nearest(tables, ask, word):
    with pytest.raises(NetworkError) as refused:
        ask(tables)
    assert word in refused.value.remedy
    assert word in refused.value.zh_remedy


# ── reading ──


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_every_table_survives_being_written_as_csv_and_as_json(name):
    rows = shipped(name)
    assert read_table(name, written(name, rows)) == rows
    assert read_table(name, plain(name, rows)) == rows


def test_headers_may_be_in_chinese_and_come_in_any_order():
    rows = [f"work_hour,{stage},2" for stage in ("accept", "verify", "file", "dispatch", "check")]
    first = read_table("stages", "\n".join(("时限单位,环节,时限", *rows)))[0]
    assert first == {"stage": "accept", "limit_value": 2.0, "limit_unit": "work_hour"}


def test_a_week_of_hours_may_have_nights_and_whole_days():
    rows = read_table(
        "hours", "weekday,hours\n1,22:00-06:00\n2,00:00–24:00\n3,8:30至11:30、13：00-17:00\n" + "\n".join(f"{n}," for n in (4, 5, 6, 7))
    )
    assert [row["hours"] for row in rows[:3]] == [
        ((time(22), time(6)),), ((time(0), time(0)),), ((time(8, 30), time(11, 30)), (time(13), time(17))),
    ]  # fmt: skip


BAD = [
    ("units", "code,zh,en,phone,kind\na,甲,A,,squat", ("row 2", "kind", "squat", "squad"), "第 2 行"),
    ("units", "code,zh,en,phone,kind\na,甲,A,,squad\na,乙,B,,squad", ("row 3", "stands in row 2 already"), "第 3 行"),
    ("units", "code,zh,en,phone,kind\n,甲,A,,squad", ("row 2", "code", "must not be empty"), "不能为空"),
    ("units", "code,zh,en,phone", ("kind", "missing"), "缺少该列"),
    ("units", "code,zh,en,phne,kind", ("phne", "no such column", "phone"), "没有这一列"),
    ("units", "code,code,zh,en,kind", ("twice",), "重复"),
    ("units", "code,zh,en,phone,kind", ("no row",), "没有任何行"),
    ("units", "", ("empty", "headers"), "为空"),
    ("hours", "weekday,hours\n8,", ("weekday", "too much", "7"), "数值过大"),
    ("hours", "weekday,hours\n1,08:30-12:00 11:00-17:00", ("overlap",), "重叠"),
    ("hours", "weekday,hours\n1,morning", ("'morning'", "08:30-11:30"), "时间段"),
    ("hours", "weekday,hours\n1,08:30-11:30", ("no row for it", "weekday = 2"), "缺少这一行"),
    ("holidays", "date,kind,zh,en\n2026-02-30,holiday,节,Day", ("2026-02-30", "no such day"), "没有这一天"),
    ("stages", "stage,limit_value,limit_unit\naccept,0,work_hour", ("limit_value", "Over 0"), "数值过小"),
    ("stages", "stage,limit_value,limit_unit\naccept,soon,work_hour", ("soon", "no number"), "不是数字"),
    ("stages", "stage,limit_value,limit_unit\naccept,nan,work_hour", ("no number",), "不是数字"),
    ("grades", "grade,zh,en,level\n1.5,特,X,1", ("1.5", "no whole number"), "不是整数"),
    ("sources", "code,zh,en,auto\na,甲,A,maybe", ("maybe", "yes or no"), "是"),
    ("ladder", "grade,share,tell,card\n*,1,boss,0", ("boss",), "boss"),
    ("untis", "", ("untis", "units"), "untis"),
]


@pytest.mark.parametrize(("name", "text", "english", "chinese"), BAD)
def test_a_fault_is_told_with_row_column_value_and_remedy_in_both_languages(name, text, english, chinese):
    with pytest.raises(NetworkError) as refused:
        read_table(name, text)
    said = f"{refused.value.message} {refused.value.remedy}"
    assert all(word in said for word in english), said
    assert chinese in refused.value.zh + refused.value.zh_remedy
    assert refused.value.zh_remedy


def test_all_faults_of_a_table_are_told_at_once_up_to_twenty():
    with pytest.raises(NetworkError) as refused:
        read_table("labels", "vendor,label,type\n" + "\n".join(f"v,,t{n}" for n in range(30)))
    lines = refused.value.message.splitlines()
    assert (lines[0].startswith("labels, row 2, label"), lines[19].startswith("labels, row 21"), lines[20]) == (
        True,
        True,
        "… and 10 more.",
    )


def test_rows_as_json_are_checked_like_csv():
    with pytest.raises(NetworkError, match="row 2, limit_value = True"):
        read_table("stages", [{"stage": "accept", "limit_value": True, "limit_unit": "work_hour"}])
    with pytest.raises(NetworkError, match="A row of the table 'stages' is 'accept'"):
        read_table("stages", ["accept"])


# ── versions ──

TIGHTER = (
    "stage,limit_value,limit_unit\naccept,0.1,urgent_hour\nverify,2,work_hour\nfile,1,work_hour\ndispatch,1,work_hour\ncheck,4,work_hour"
)


def test_saving_a_table_makes_a_version_of_the_whole_and_leaves_the_older_ones_as_they_were(engine):
    with engine.begin() as connection:
        tables_store.seed(connection, NOW)
        first = tables_store.load(connection, ZONE)
        assert tables_store.save(connection, "stages", TIGHTER, "Li", "council of May", NOW + timedelta(days=1)) == 2
        assert tables_store.save(connection, "labels", [{"vendor": "acme", "label": "cat", "type": "0154"}], "Wu", "cats", NOW) == 3
        latest, second = tables_store.load(connection, ZONE), tables_store.load(connection, ZONE, 2)
        assert tables_store.load(connection, ZONE, 1).given == first.given == Tables.shipped(ZONE).given
    assert (second.limit("accept", "0102"), second.label("acme", "cat"), second.version) == ((0.1, "urgent_hour"), None, 2)
    assert (latest.limit("accept", "0102"), latest.label("acme", "cat"), latest.version) == ((0.1, "urgent_hour"), "0154", 3)


def test_a_later_program_does_not_change_the_tables_that_were_shipped_before(engine, monkeypatch):
    with engine.begin() as connection:
        tables_store.seed(connection, NOW)
        monkeypatch.setattr(tables_store, "shipped", lambda name: ())
        tables_store.seed(connection, NOW)
        assert tables_store.load(connection, ZONE).limit("handle", "0102") == (4.0, "work_hour")


def test_what_other_tables_still_name_cannot_be_taken_away(engine):
    units = "\n".join(line for line in written("units", shipped("units")).splitlines() if not line.startswith("police"))
    with (
        engine.begin() as connection,
        pytest.raises(NetworkError, match=r"responsible, row \d+, unit = 'police': the table 'units' has no such row"),
    ):
        tables_store.save(connection, "units", units, "Li", "no police here", NOW)
    with engine.begin() as connection, pytest.raises(NetworkError, match="no day of the week has working time"):
        tables_store.save(connection, "hours", "weekday,hours\n" + "\n".join(f"{n}," for n in range(1, 8)), "Li", "rest", NOW)
    with engine.connect() as connection:
        assert tables_store.newest(connection) == 1


def test_what_no_database_can_hold_is_refused_in_a_table_and_in_its_reason(engine):
    for vendor, by, why, field in (
        ("a\ud83d", "Li", "x", "rows"),
        ("a\0", "Li", "x", "rows"),
        ("a", "\ud83d", "x", "by"),
        ("a", "Li", "\0", "why"),
    ):
        with engine.begin() as connection, pytest.raises(NetworkError) as refused:
            tables_store.save(connection, "labels", [{"vendor": vendor, "label": "cat", "type": "0154"}], by, why, NOW)
        assert refused.value.field.partition(".")[0] == field


@pytest.mark.parametrize(("by", "why"), [("", "because"), ("Li", " ")])
def test_nobody_changes_a_table_without_a_name_and_a_reason(engine, by, why):
    with engine.begin() as connection, pytest.raises(NetworkError, match="A change of the tables needs"):
        tables_store.save(connection, "stages", TIGHTER, by, why, NOW)


def test_a_version_that_never_was_is_refused(engine):
    with engine.begin() as connection, pytest.raises(NetworkError, match="There are 1 to 1"):
        tables_store.load(connection, ZONE, 7)


def test_history_tells_who_changed_what_when_and_why(engine):
    with engine.begin() as connection:
        tables_store.save(connection, "stages", TIGHTER, "Li", "council of May", NOW)
        assert tables_store.history(connection, "stages") == [
            {"version": 2, "name": "stages", "at": NOW, "by": "Li", "why": "council of May"}
        ]


def test_a_shelf_reads_a_version_once_and_sees_the_next_one_at_once(engine):
    shelf = tables_store.Shelf()
    with engine.begin() as connection:
        first = shelf.of(connection, ZONE)
        assert shelf.of(connection, ZONE) is first
        tables_store.save(connection, "stages", TIGHTER, "Li", "why not", NOW)
        assert (shelf.of(connection, ZONE).version, shelf.of(connection, ZONE, 1)) == (2, first)


# ── the command line ──


def command(engine: sa.Engine, *words: str) -> list[str]:
    parser = ArgumentParser()
    tables_command.add_arguments(parser)
    return list(tables_command.run(parser.parse_args(words), engine, ZONE, NOW))


def test_tables_are_listed_shown_and_put_from_the_command_line(engine, tmp_path):
    file = tmp_path / "stages.csv"
    file.write_bytes(TIGHTER.replace("limit_value", "时限").encode("gb18030"))
    assert command(engine, "put", "stages", str(file), "--by", "Li", "--why", "faster") == ["stages: version 2"]
    assert command(engine, "show", "stages")[1] == "accept,0.1,urgent_hour"
    assert command(engine, "show", "stages", "--version", "1")[1] == "accept,0.5,urgent_hour"
    listed = command(engine, "list")
    assert listed[0] == "version 2"
    assert next(line for line in listed if line.startswith("stages")).split("  ")[-2:] == ["since version 2", "环节时限 · Stages"]
    with pytest.raises(SourceError, match="cannot be read"):
        command(engine, "put", "stages", str(tmp_path / "none.csv"), "--by", "Li", "--why", "faster")


def test_tables_that_an_older_program_wrote_are_taken_up_and_what_it_did_not_know_comes_from_the_shipped_ones(hands) -> None:
    network = hands.network

    def age(connection) -> None:
        table = schema.version
        for name in ("figures", "types"):
            rows = json.loads(connection.execute(sa.select(table.c.body).where(table.c.name == name)).scalar_one())
            older = [dict(row) for row in rows if row.get("name") != "repeat_days"] + (
                [{"name": "gone", "value": 1}] if name == "figures" else []
            )
            for row in older:
                row.pop("icon", None)
            connection.execute(table.update().where(table.c.name == name).values(body=json.dumps(older)))

    network.journal.do(age).result(10)
    with network.engine.connect() as connection:
        found = tables_store.load(connection, ZoneInfo("Asia/Shanghai"), 1)
    fresh = Tables.shipped(ZoneInfo("Asia/Shanghai"))
    assert found.figures == fresh.figures and "gone" not in found.figures
    assert found.type("0102").icon == fresh.type("0102").icon
