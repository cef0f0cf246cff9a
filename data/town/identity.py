"""Names, identity numbers and telephones of people who cannot exist.

Identity numbers follow GB 11643-1999 but start with 9901.., a prefix that was never issued (first-level areas end at 91), so that no
demonstration row can meet a real person. Telephones start with 164, of which no segment has been given to any operator.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.integer[Any]]
Days = npt.NDArray[np.datetime64]

FIRST_PREFIX = 990115
RESIDENT_PHONE, STAFF_PHONE = 16410000000, 16400000000
_SEQUENCES = 500  # odd or even sequence numbers of one birthday
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = pa.array(list("10X98765432"))

LOCAL_SURNAMES = "陆顾张王沈朱黄陈徐金钱龚唐姚乔瞿杨李谈钟费"
_LOCAL_WEIGHTS = (9, 9, 9, 8, 7, 7, 6, 6, 6, 4, 4, 4, 4, 4, 4, 4, 3, 3, 2, 2, 2)
MIGRANT_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任"
    "姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN = (  # by fashion (born before 1968, before 1998, since), men then women
    "国建德福根林荣昌祥发金宝生明华才兴贵富良忠仁义海山",
    "秀英桂兰芳珍凤琴梅娣妹玉芬素惠菊香莲彩云美珠月仙银",
    "伟强军勇斌峰杰涛鹏超磊辉平俊毅刚健新文志龙云飞波宁",
    "丽敏静燕红霞娟艳玲萍雪莉洁颖慧倩婷琳佳蓉晶璐岚虹怡",
    "浩宇轩子睿博泽晨铭昊嘉俊逸辰梓航奕承宸远恒瑞希诚朗",
    "欣怡梓涵诗雨思琪语彤妍可馨一诺依晨雅萱若曦芷瑶沐悦",
)
_SURNAMES = pa.array(list(LOCAL_SURNAMES + MIGRANT_SURNAMES))
_GIVEN_CHARS = pa.array([*"".join(_GIVEN), ""])
_GIVEN_SIZE, _NO_SECOND = len(_GIVEN[0]), len("".join(_GIVEN))


def surnames(rng: np.random.Generator, count: int, local: bool) -> Ints:
    """Indices of `count` family names: the town's own mix, or the mix of the country."""
    if local:
        weights = np.array(_LOCAL_WEIGHTS, float)
        return rng.choice(len(weights), count, p=weights / weights.sum()).astype(np.int16)
    rank = 1 / (np.arange(len(MIGRANT_SURNAMES)) + 4)
    return (len(LOCAL_SURNAMES) + rng.choice(len(rank), count, p=rank / rank.sum())).astype(np.int16)


def given_names(rng: np.random.Generator, male: npt.NDArray[np.bool_], birth_year: Ints) -> tuple[Ints, Ints]:
    """Indices of the first and second character of the given name, in the fashion of the birth year; one in six has a single character."""
    offset = (np.digitize(birth_year, (1968, 1998)) * 2 + ~male) * _GIVEN_SIZE
    first = (offset + rng.integers(0, _GIVEN_SIZE, len(male))).astype(np.int16)
    second = offset + rng.integers(0, _GIVEN_SIZE, len(male))
    return first, np.where(rng.random(len(male)) < 1 / 6, _NO_SECOND, second).astype(np.int16)


def full_names(people: pd.DataFrame) -> pa.Array:
    """Names of people with columns surname, given1 and given2."""
    parts = (_SURNAMES.take(pa.array(people["surname"])), *(_GIVEN_CHARS.take(pa.array(people[c])) for c in ("given1", "given2")))
    return pc.binary_join_element_wise(*parts, "")


def random_names(rng: np.random.Generator, count: int, local: bool = True) -> pa.Array:
    """Names of `count` adults, for staff and landlords."""
    male = rng.random(count) < 0.6
    first, second = given_names(rng, male, rng.integers(1958, 1998, count))
    return full_names(pd.DataFrame({"surname": surnames(rng, count, local), "given1": first, "given2": second}))


def sequences(birth: Days, male: npt.NDArray[np.bool_], block: int, blocks: int) -> Ints:
    """Sequence numbers (odd: male) that are unique among people with the same birthday and sex of this `block` of `blocks`.

    Raises ValueError when a birthday has more people than a block has numbers.
    """
    room = _SEQUENCES // blocks
    rank = pd.DataFrame({"b": birth, "m": male}).groupby(["b", "m"]).cumcount().to_numpy()
    if len(rank) and rank.max() >= room:
        raise ValueError(f"{rank.max() + 1} people share a birthday, but a block has {room} sequence numbers. Use more prefixes.")
    return (2 * (block * room + rank) + male).astype(np.int16)


def id_numbers(prefix: Ints | int, birth: Days, sequence: Ints) -> pa.Array:
    """The 18-character numbers, with the check digit of GB 11643-1999."""
    body = np.asarray(prefix, np.int64) * 10**11 + packed_date(birth) * 1000 + sequence
    total = sum(weight * (body // 10 ** (16 - place) % 10) for place, weight in enumerate(_WEIGHTS))
    return pc.binary_join_element_wise(pc.cast(pa.array(body), pa.string()), _CHECK.take(pa.array(total % 11)), "")


def packed_date(days: Days) -> Ints:
    """Dates as yyyymmdd."""
    days = days.astype("M8[D]")
    months = days.astype("M8[M]")
    year = months.astype("M8[Y]").astype(np.int64) + 1970
    day = (days - months.astype("M8[D]")).astype(np.int64) + 1
    return np.asarray(year * 10000 + (months.astype(np.int64) % 12 + 1) * 100 + day)


def resident_phones(rng: np.random.Generator, count: int) -> Ints:
    """Telephones of residents: 164 1xxx xxxx to 164 9xxx xxxx."""
    return RESIDENT_PHONE + rng.integers(0, 90_000_000, count)


def staff_phones(number: Ints) -> pa.Array:
    """Work telephones: 164 0xxx xxxx, by staff number."""
    return pc.cast(pa.array(STAFF_PHONE + np.asarray(number, np.int64)), pa.string())
