"""TOWN.toml: read into values, and every mistake told with its place and the nearest right word."""

from datetime import date
from pathlib import Path

import pytest

from data.errors import ContractError, SettingsError, SourceError
from etl.core.town_file import Name, TownFile, find_files, load_town_file

TOWN = """[town]
name = { zh = "示范镇", en = "Model Town" }
code = "990115103"
crs = "EPSG:4550"
timezone = "Asia/Shanghai"
levels = [ { zh = "镇", en = "Town" }, { zh = "村居", en = "Village" } ]
synthetic = true
extent = [121.5, 31.0, 121.9, 31.4]
delivered_at = 2026-09-23
"""
HOUSES = """
[[dataset]]
name = "houses"
table = "house"
file = "房屋/*.shp"
encoding = "gb18030"
fields = { house_id = "FWBH", built_year = ["JCNF", "建成"], owner_phone = "" }
constants = { storeys = 2, illegal_addition = false }
where = { FWYT = "*", FWJG = ["砖混", "砖木"] }
max_bad_share = 0.1
key_prefix = "z-"
"""


def written(folder: Path, text: str) -> Path:
    (folder / "房屋").mkdir(exist_ok=True)
    for name in ("b.shp", "a.shp", "~$a.shp"):
        (folder / "房屋" / name).touch()
    path = folder / "town.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str) -> TownFile:
    return load_town_file(written(folder, text))


def test_a_whole_town_file_becomes_values(tmp_path: Path) -> None:
    delivery = load(tmp_path, TOWN + HOUSES)
    assert delivery.town.name == Name("示范镇", "Model Town")
    assert delivery.town.levels[1].en == "Village"
    assert delivery.town.synthetic
    assert delivery.town.extent == (121.5, 31.0, 121.9, 31.4)
    assert delivery.town.delivered_at == date(2026, 9, 23)
    (houses,) = delivery.datasets
    assert [path.name for path in houses.paths] == ["a.shp", "b.shp"]
    assert houses.fields == {"house_id": ("FWBH",), "built_year": ("JCNF", "建成"), "owner_phone": ()}
    assert houses.constants == {"storeys": "2", "illegal_addition": "false"}
    assert houses.where == {"FWYT": ("*",), "FWJG": ("砖混", "砖木")}
    assert (houses.max_bad_share, houses.key_prefix, houses.encoding) == (0.1, "z-", "gb18030")


def test_the_limit_of_bad_rows_comes_from_the_contract_unless_given(tmp_path: Path) -> None:
    (houses,) = load(tmp_path, TOWN + HOUSES.replace("max_bad_share = 0.1\n", "")).datasets
    assert houses.max_bad_share == 0.05


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("timezone", "time_zone", ("time_zone", "[town]", "line 5", "'timezone'")),
        ('encoding = "gb18030"', 'encodng = "gb18030"', ("encodng", "'houses'", "line 15", "'encoding'")),
        ("house_id =", "hause_id =", ("hause_id", "fields of [[dataset]] 'houses' (table house)", "line 16", "'house_id'")),
        ("storeys = 2", "stories = 2", ("stories", "constants", "line 17", "'storeys'")),
        ("[[dataset]]", "[[datasets]]", ("'datasets'", "'dataset'")),
        ("name = { zh", "name = { cn", ("'cn'", "name of [town]")),
    ],
)
def test_an_unknown_key_dies_with_its_place_and_the_nearest_right_one(tmp_path: Path, old: str, new: str, said: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as error:
        load(tmp_path, (TOWN + HOUSES).replace(old, new, 1))
    for part in said:
        assert part in str(error.value)
    zh = " ".join(error.value.said("zh"))
    assert (
        " 中有未知的键" in zh
        and said[0].strip("'") in zh
        and (said[-1] in zh or said[-1] == "name of [town]")
        and ("line" in str(error.value)) == ("行" in zh)
    )


def test_an_unknown_table_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"'houses'.*'house'"):
        load(tmp_path, TOWN + HOUSES.replace('table = "house"', 'table = "houses"'))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"Asia/Shanghai"', '"Asia/Chuansha"', "timezone of .town. is 'Asia/Chuansha'"),
        ("[121.5, 31.0, 121.9, 31.4]", "[31.0, 121.5, 31.4, 121.9]", "west, south, east, north"),
        ("synthetic = true", 'synthetic = "yes"', "true or false"),
        ("max_bad_share = 0.1", "max_bad_share = 10", "share from 0 to 1"),
        ('"gb18030"', '"gbk2"', "encoding of .* is 'gbk2'"),
        ('code = "990115103"', "code = 990115103", "quotation marks"),
        ('table = "house"\n', "", "lacks table"),
        ("2026-09-23", '"23.9.2026"', "date such as 2026-09-23"),
        ("[town]", "[town", "not valid TOML"),
    ],
)
def test_an_unusable_value_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as error:
        load(tmp_path, (TOWN + HOUSES).replace(old, new, 1))
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in part) for part in error.value.said("zh"))


def test_missing_files_are_named_with_what_lies_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"房屋/b.gpkg.*In .*房屋: Did you mean .*'b.shp'"):
        load(tmp_path, TOWN + HOUSES.replace("*.shp", "b.gpkg"))
    with pytest.raises(SourceError, match=r"towm\.toml does not exist.*town\.toml"):
        load_town_file(tmp_path / "towm.toml")


def test_a_folder_is_no_town_file_and_the_only_one_in_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder, not a town file"):
        load_town_file(tmp_path)
    (tmp_path / "川沙.toml").touch()
    with pytest.raises(SourceError, match=r"Did you mean .*川沙\.toml") as error:
        load_town_file(tmp_path)
    assert "是文件夹" in error.value.said("zh")[0] and "川沙.toml" in error.value.said("zh")[1]
    (tmp_path / "b.toml").touch()
    with pytest.raises(SourceError, match=r"Files there: .*b\.toml, .*川沙\.toml"):
        load_town_file(tmp_path)
    with pytest.raises(SourceError, match="cannot be read: Not a directory"):
        load_town_file(tmp_path / "b.toml" / "town.toml")


def test_a_town_file_of_another_encoding_is_told_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "town.toml").write_bytes('[town]\nname = "川沙"\n'.encode("gbk"))
    with pytest.raises(SourceError, match="line 2") as error:
        load_town_file(tmp_path / "town.toml")
    assert "第 2 行" in error.value.said("zh")[0]


def test_two_datasets_of_one_name_are_refused_as_the_name_is_their_source(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="two datasets called 'houses'"):
        load(tmp_path, TOWN + HOUSES + HOUSES)


def test_a_database_address_is_no_file(tmp_path: Path) -> None:
    (houses,) = load(tmp_path, TOWN + HOUSES.replace("房屋/*.shp", "postgresql://localhost/town")).datasets
    assert houses.paths == ()


def test_members_of_an_archive_stand_for_the_archive(tmp_path: Path) -> None:
    (tmp_path / "房屋.zip").touch()
    assert [path.name for path in find_files(tmp_path, "房屋.zip/*.shp")] == ["房屋.zip"]


def test_control_points_need_three(tmp_path: Path) -> None:
    points = "control_points = [[0, 0, 121.5, 31.2], [1000, 0, 121.51, 31.2]"
    with pytest.raises(SettingsError, match="at least three points"):
        load(tmp_path, TOWN + HOUSES + points + "]")
    (houses,) = load(tmp_path, TOWN + HOUSES + points + ", [0, 1000, 121.5, 31.21]]").datasets
    assert houses.control_points[2] == (0.0, 1000.0, 121.5, 31.21)


def test_the_examples_of_the_repository_are_sound() -> None:
    examples = Path(__file__).resolve().parents[2] / "examples"
    for path in sorted(examples.glob("*.toml")):
        assert load_town_file(path).datasets, path
