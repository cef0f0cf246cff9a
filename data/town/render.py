"""From columns of small numbers to the words and headers that departments write."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.codes import code_list
from data.town import identity, visitors
from data.town.dwellings import OCCUPANCY, ROOM_USE
from data.town.persons import BY_ADDRESS, HOMELESS, LINKED, LOST, ORIGINS
from data.town.register import SCORES

_SCORE_HEADERS = ("人员登记得分", "消防得分", "治安得分", "结构合法性得分", "卫生得分", "邻里得分", "房东责任得分")
_DWELLING = np.array(["", "自购房屋", "租赁房屋", "", "借住", "单位宿舍"], object)
_MANY_NAMES = 6  # the most tenants that fit into one cell


def words(values: pd.Series | np.ndarray, codes: str) -> pa.Array:
    """Codes of a code list as their Chinese names; codes that the list lacks (such as "") as empty."""
    names = {entry.code: entry.zh for entry in code_list(codes)}
    index, unique = pd.factorize(np.asarray(values, object))
    return pa.array([names.get(str(code), "") for code in unique], pa.string()).take(pa.array(index))


def yes_no(values: pd.Series | np.ndarray, yes: str = "是", no: str = "否") -> pa.Array:
    """Booleans as words."""
    return pc.if_else(pa.array(np.asarray(values, bool)), yes, no)


def numbers(values: pd.Series | np.ndarray, where: np.ndarray | None = None) -> pa.Array:
    """Numbers as text; empty outside of `where`. Floats keep one decimal."""
    array = np.asarray(values)
    if array.dtype.kind == "f":
        whole = pc.cast(pa.array(np.round(array * 10).astype(np.int64)), pa.string())
        padded = pc.utf8_lpad(whole, 2, "0")
        text = pc.binary_join_element_wise(pc.utf8_slice_codeunits(padded, 0, -1), pc.utf8_slice_codeunits(padded, -1), ".")
    else:
        text = pc.cast(pa.array(array.astype(np.int64)), pa.string())
    return text if where is None else pc.if_else(pa.array(where), text, "")


def days(values: pd.Series | np.ndarray, pattern: str = "%Y-%m-%d") -> pa.Array:
    """Days as text; empty where unknown."""
    array = np.asarray(values).astype("M8[D]")
    return pc.fill_null(pc.strftime(pa.array(array, pa.date32()).cast(pa.timestamp("s")), pattern), "")


def text(values: pd.Series | np.ndarray) -> pa.Array:
    """Words as they are."""
    return pa.array(np.asarray(values, object), pa.string())


def house_columns(houses: pd.DataFrame) -> dict[str, pa.Array]:
    """The house shapefile: field names of at most ten bytes."""
    home = houses["home"].to_numpy()
    return {
        "FWBH": text(houses["house_id"]),
        "FWDZ": text(houses["address"]),
        "JZMC": text(houses["building"]),
        "JZYT": words(houses["building_use"], "building_use"),
        "FWYT": words(np.array(OCCUPANCY)[houses["occupancy"]], "occupancy"),
        "FWJG": text(houses["structure"]),
        "FWCS": numbers(houses["storeys"]),
        "FJS": numbers(houses["room_count"], home),
        "JZMJ": numbers(houses["floor_area_m2"]),
        "JCNF": numbers(houses["built_year"]),
        "WFDJ": words(houses["danger"], "danger_grade"),
        "SFWJ": yes_no(houses["illegal"]),
        "CGZR": yes_no(houses["steel"]),
        "SHY": yes_no(houses["store"]),
        "SNCD": yes_no(houses["ebike"]),
        "TDDS": yes_no(houses["exit"]),
        "RQYH": words(houses["gas"], "hazard_degree"),
        "FZXM": text(houses["owner"]),
        "FZDH": numbers(houses["owner_phone"], houses["owner_phone"].to_numpy() > 0),
        "XFZ": text(houses["chief"]),
        "XFZDH": text(houses["chief_phone"]),
        "SJRQ": days(houses["verified"], "%Y%m%d"),
    }


def room_columns(houses: pd.DataFrame, rooms: pd.DataFrame) -> dict[str, pa.Array]:
    """The room register."""
    house, number = text(houses["house_id"]).take(pa.array(rooms["house"])), numbers(rooms["number"])
    return {
        "房间编号": pc.binary_join_element_wise(house, number, "-"),
        "房屋编号": house,
        "室号": number,
        "所在层": numbers(rooms["storey"]),
        "房间用途": words(np.array(ROOM_USE)[rooms["use"]], "room_use"),
        "使用面积": numbers(rooms["living_m2"]),
        "居室数": numbers(rooms["designed"]),
    }


def _home(houses: pd.DataFrame, rooms: pd.DataFrame, people: pd.DataFrame) -> tuple[pa.Array, pa.Array, pa.Array]:
    """House number, room number and address as the registrar wrote them; a few rows name no house, or one that nobody knows."""
    link = people["link"].to_numpy()
    house = text(houses["house_id"]).take(pa.array(people["house"]))
    number = numbers(rooms["number"].to_numpy()[people["room"]], np.isin(link, (LINKED, BY_ADDRESS)))
    address = text(houses["address"]).take(pa.array(people["house"]))
    place = text(houses["village_name"]).take(pa.array(people["house"]))
    odd = pa.array(np.arange(len(people)) % 2 == 0)
    vague = pc.if_else(odd, pc.binary_join_element_wise(place, "老宅后面", ""), "无")
    unknown = pc.binary_join_element_wise(
        text(houses["village_code"]).take(pa.array(people["house"])), "X", numbers(people.index.to_numpy()), ""
    )
    house = pc.if_else(pa.array(link == LINKED), house, pc.if_else(pa.array(link == LOST), unknown, ""))
    return house, number, pc.if_else(pa.array(np.isin(link, (HOMELESS, LOST))), vague, address)


def resident_columns(houses: pd.DataFrame, rooms: pd.DataFrame, people: pd.DataFrame, town_name: str) -> dict[str, pa.Array]:
    """The register of the police station: people who are registered here."""
    house, number, address = _home(houses, rooms, people)
    village = text(houses["village_name"]).take(pa.array(people["house"]))
    origin = pc.if_else(pa.array(people["matched"]), pc.binary_join_element_wise(town_name, village, ""), "外镇迁入待迁户口")
    book = pc.binary_join_element_wise(
        "H", text(houses["village_code"]).take(pa.array(people["house"])), numbers(people["household"] % 10_000_000), ""
    )
    return {
        "公民身份号码": identity.id_numbers(people["prefix"].to_numpy(), people["birth"].to_numpy(), people["sequence"].to_numpy()),
        "姓名": identity.full_names(people),
        "性别": yes_no(people["male"], "男", "女"),
        "出生日期": days(people["birth"]),
        "民族": pc.if_else(pa.array(people["given1"] % 97 == 5), "回族", "汉族"),
        "婚姻状况": words(people["marital"], "marital"),
        "政治面貌": words(people["political"], "political"),
        "学历": words(people["education"], "education"),
        "联系方式": numbers(people["phone"], people["phone"].to_numpy() > 0),
        "户籍地": origin,
        "人户一致标识": yes_no(people["matched"], "一致", "不一致"),
        "户号": book,
        "与户主关系": words(people["relation"].map("{:02d}".format), "relation"),
        "房屋编号": house,
        "室号": number,
        "现住门(楼)详址": address,
        "关注程度": words(people["attention"], "attention_level"),
        "关爱类别": words(people["care"], "care_group"),
        "是否低保": yes_no(people["low_income"]),
        "最近走访日期": days(people["visited"], "%Y/%m/%d"),
        "采集日期": days(people["verified"]),
    }


def migrant_columns(houses: pd.DataFrame, rooms: pd.DataFrame, people: pd.DataFrame, serial: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The register of migrants. `serial` holds the columns that are date cells, by header."""
    house, number, address = _home(houses, rooms, people)
    origin = pa.array(ORIGINS).take(pa.array(people["origin"]))
    return {
        "姓名": identity.full_names(people),
        "性别": yes_no(people["male"], "男", "女"),
        "身份证号码": identity.id_numbers(people["prefix"].to_numpy(), people["birth"].to_numpy(), people["sequence"].to_numpy()),
        "出生日期": days(people["birth"], "%Y/%m/%d"),
        "文化程度": words(people["education"], "education"),
        "婚姻状况": words(people["marital"], "marital"),
        "联系电话": numbers(people["phone"], people["phone"].to_numpy() > 0),
        "户籍地省份": origin,
        "房屋编号": house,
        "房间号": number,
        "现住地址": address,
        "住所类型": text(_DWELLING[people["dwelling"]]),
        "与户主关系": words(people["relation"].map("{:02d}".format), "relation"),
        "来本地日期": serial["来本地日期"],
        "流入原因": words(people["reason"], "inflow_reason"),
        "办证类型": words(people["permit"], "permit_type"),
        "证件到期日期": days(people["permit_until"].where(people["permit"] != ""), "%Y年%m月%d日"),
        "登记日期": days(people["verified"], "%Y.%m.%d"),
    }


def overseas_columns(houses: pd.DataFrame, rooms: pd.DataFrame, people: pd.DataFrame) -> dict[str, pa.Array]:
    """The register of the exit-entry bureau."""
    house, number, address = _home(houses, rooms, people)
    return {
        "证件类型": words(visitors.document_kinds(people), "id_type"),
        "证件号码": visitors.document_numbers(people),
        "姓名": visitors.names(people),
        "性别": yes_no(people["male"], "男", "女"),
        "出生日期": days(people["birth"]),
        "国籍（地区）": visitors.nations(people),
        "联系电话": numbers(people["phone"], people["phone"].to_numpy() > 0),
        "房屋编号": house,
        "室号": number,
        "现住地址": address,
        "入住日期": days(people["arrived"]),
        "居留事由": words(people["reason"], "inflow_reason"),
        "停居留有效期至": days(people["permit_until"]),
        "登记日期": days(people["verified"], "%Y/%m/%d"),
    }


def lodging_columns(houses: pd.DataFrame, rooms: pd.DataFrame, people: pd.DataFrame) -> dict[str, pa.Array]:
    """The police station's register of lodgers: registered elsewhere in the same city, staying with relatives or friends."""
    house, number, address = _home(houses, rooms, people)
    return {
        "公民身份号码": identity.id_numbers(people["prefix"].to_numpy(), people["birth"].to_numpy(), people["sequence"].to_numpy()),
        "姓名": identity.full_names(people),
        "性别": yes_no(people["male"], "男", "女"),
        "出生日期": days(people["birth"]),
        "文化程度": words(people["education"], "education"),
        "联系电话": numbers(people["phone"], people["phone"].to_numpy() > 0),
        "户籍地": text(np.full(len(people), "本市外镇")),
        "房屋编号": house,
        "室号": number,
        "现住地址": address,
        "入住日期": days(people["arrived"]),
        "寄住事由": words(people["reason"], "inflow_reason"),
        "登记日期": days(people["verified"]),
    }


def rental_columns(houses: pd.DataFrame, tenants: pa.Array, serial: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The rental register, one row a rented house."""
    scores = {header: numbers(houses[f"score_{name}"]) for header, name in zip(_SCORE_HEADERS, SCORES, strict=True)}
    return {
        "房屋编号": text(houses["house_id"]),
        "房屋地址": text(houses["address"]),
        "出租人姓名": text(houses["landlord"]),
        "房东电话": numbers(houses["landlord_phone"]),
        "承租人姓名": tenants,
        "出租用途": words(houses["rental_use"], "rental_use"),
        "出租间数": numbers(houses["let_rooms"]),
        "限住人数": numbers(houses["max_occupants"]),
        "月租金": numbers(houses["rent"]),
        "出租时间": serial["出租时间"],
        "隐患类型": words(houses["hazard"], "rental_hazard"),
        "隐患发现日期": days(houses["hazard_since"], "%Y.%m.%d"),
        "是否签订治安责任保证书": yes_no(houses["letter"]),
        "烟感报警器": yes_no(houses["alarms"], "有", "无"),
        "是否有管理人": yes_no(houses["manager"]),
        "有无消防通道": yes_no(houses["fire_exit"], "有", "无"),
        "未登记天数": numbers(houses["unregistered"]),
        "连续黄色次数": numbers(houses["streak"]),
        **scores,
        "检查日期": days(houses["inspected"], "%Y.%m.%d"),
    }


def tenant_names(people: pd.DataFrame, houses: pd.DataFrame) -> pa.Array:
    """Names of the first tenants of each house, several in one cell."""
    named = people[["house"]].assign(name=identity.full_names(people).to_pylist()).sort_values("house", kind="stable")
    joined = named.groupby("house")["name"].agg(lambda names: "、".join(names.head(_MANY_NAMES)))
    return pa.array(joined.reindex(houses.index).fillna("").to_numpy(object), pa.string())
