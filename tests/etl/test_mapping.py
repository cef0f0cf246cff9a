"""Headers as departments write them, and the contract column that each one feeds."""

import pytest
from delivered import dataset

from data.errors import ContractError
from data.schema import TABLES
from etl.core.mapping import Mapping_, map_headers


def mapped(table: str, *headers: str, geometry: tuple[str, ...] = (), **more: object) -> Mapping_:
    return map_headers(headers, dataset(table, **more), TABLES[table], geometry)


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("person", "公民身份号码", "id_number"),
        ("person", " 公民身份\n号 码 ", "id_number"),
        ("person", "身份证号", "id_number"),
        ("person", "*性别", "sex"),
        ("person", "与户主关系（必填）", "relation"),
        ("person", "现住门（楼）详址", "address"),
        ("person", "ＩＤ number", "id_number"),
        ("person", "id_number", "id_number"),
        ("person", "基本信息/出生年月", "birth_date"),
        ("person", "最近核实日期", "verified_on"),
        ("person", "所属网格", "area_code"),
        ("house", "fwbh", "house_id"),
        ("house", "Building:Levels", "storeys"),
        ("house", "代表人/业主", "owner_name"),
        ("stand", "YOU_SHI_SZ", "species"),
    ],
)
def test_a_header_is_recognised(table: str, header: str, column: str) -> None:
    needed = {"person": ("姓名", "证件号码"), "house": ("ZRZH",), "stand": ("stand_id",)}[table]
    found = mapped(table, header, *needed)
    assert header in [source.header for source in found.sources[column]]
    assert header not in found.unmapped


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("公民身份号", "id_number"),  # 10 bytes of GBK
        ("公民身\ufffd", "id_number"),  # 10 bytes of UTF-8 end inside the fourth character
        ("现住门(楼)", "address"),
        ("registrati", "registration_match"),
        ("last_check", "last_check_in"),
    ],
)
def test_names_that_a_dbf_has_cut_at_ten_bytes_are_recognised(header: str, column: str) -> None:
    found = mapped("person", "姓名", header, *(() if column == "id_number" else ("身份证号",)))
    assert found.columns[column] == header


def test_a_short_name_is_no_cut_one() -> None:
    assert mapped("person", "姓名", "身份证号", "流入").unmapped == ("流入",)


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("图斑面积（亩）", "亩"),
        ("面积(公顷)", "公顷"),
        ("图斑面积[ha]", "ha"),
        ("面积(平方米)", "平方米"),
        ("面积㎡", "m2"),
        ("面积亩", "亩"),
        ("图斑面积", ""),
    ],
)
def test_a_unit_in_the_header_is_understood(header: str, unit: str) -> None:
    found = mapped("parcel", "标识码", header)
    assert found.columns["area_m2"] == header
    assert found.units.get("area_m2", "") == unit


def test_the_town_file_goes_before_recognition_and_an_empty_name_leaves_a_column_out() -> None:
    found = mapped("house", "FWBH", "房屋编号", "备注", "地址", fields={"house_id": ("fwbh",), "name": ("备注",), "address": ()})
    assert found.columns == {"house_id": "FWBH", "name": "备注"}
    assert set(found.unmapped) == {"房屋编号", "地址"}


def test_several_headers_of_one_column_are_taken_in_order_and_told() -> None:
    found = mapped("person", "姓名", "身份证号", "手机号码", "联系电话")
    assert [source.header for source in found.sources["phone"]] == ["联系电话", "手机号码"]
    (told,) = found.ambiguous
    assert told.columns == ("phone",)
    assert "联系电话" in told.zh and "手机号码" in told.en


def test_keys_of_two_kinds_are_never_mixed() -> None:
    found = mapped("parcel", "BSM", "TBBH")
    assert [source.header for source in found.sources["parcel_id"]] == ["BSM"]
    assert found.unmapped == ("TBBH",)
    assert found.ambiguous[0].headers == ("BSM", "TBBH")


def test_a_header_that_fits_two_columns_feeds_neither_and_is_told() -> None:
    found = mapped("service", "服务编号", "服务名称", "网格编码", "单位编\ufffd", "服务标\ufffd")
    assert found.columns["standard"] == "服务标\ufffd"
    unclear = mapped("facility", "设施编号", "设施\ufffd\ufffd\ufffd")
    assert unclear.unmapped == ("设施\ufffd\ufffd\ufffd",)


def test_the_delivered_column_goes_before_the_one_that_is_linked() -> None:
    assert mapped("stand", "stand_id", "Area").columns["area_m2"] == "Area"


def test_running_numbers_and_coordinates_are_nobodys_business() -> None:
    assert mapped("facility", "序号", "设施编号", "经度", "纬度", "厂家", geometry=("经度", "纬度")).unmapped == ("厂家",)


def test_a_missing_required_column_names_the_headers_and_the_nearest() -> None:
    with pytest.raises(ContractError) as error:
        mapped("house", "房屋编码号", "地址", "层数")
    said = str(error.value)
    assert "房屋编号 (house.house_id)" in said
    assert "Headers found: 房屋编码号, 地址, 层数" in said
    assert "Nearest: '房屋编码号'" in said
    assert 'fields = { house_id = "…" }' in said


def test_a_constant_or_a_hash_can_stand_for_a_required_column() -> None:
    assert "counted_on" not in mapped("population_cell", "GEOID", "people", constants={"counted_on": "2010-04-01"}).columns
    assert "person_id" not in mapped("person", "姓名", "身份证号").columns


def test_a_header_that_the_town_file_names_must_be_there() -> None:
    with pytest.raises(ContractError, match=r"fields\.house_id names the header 'FWBM'.*Nearest: 'FWBH'"):
        mapped("house", "FWBH", "层数", fields={"house_id": ("FWBM",)})


def test_the_row_number_can_stand_for_a_key() -> None:
    assert mapped("parcel", "landuse", fields={"parcel_id": ("@row",)}).columns["parcel_id"] == "@row"
