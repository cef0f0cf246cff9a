"""Fictitious but plausible names of the delta: villages, committees, estates, hamlets, waters and roads."""

from __future__ import annotations

from itertools import chain, islice, product

import numpy as np

SURNAMES = "陆顾张王沈朱黄陈徐金钱龚唐姚乔瞿杨李谈钟费"
_PLANTS = "荻蓼菱芷苇棠枫梧槿柘樟榉栾穗禾稻桑蒲葭萍兰菊芡茭鹭雁鸥鹤鲈鲤"
_PLACES = "塘泾湾浜溇渚圩溪渡堰汀墩"
_HAMLETS = ("家宅", "家浜", "家湾", "家桥", "家弄", "家堰", "家角")
_ESTATE_ENDS = ("苑", "新村", "花园", "佳苑", "公寓", "名庭", "华庭", "家园")
_BRIGHT = "和安锦瑞祥丰澜沁馨悦景嘉望清怡晨"
_COMPASS = ("东", "西", "南", "北", "中")


def _shuffled(pool: list[str], count: int, rng: np.random.Generator) -> list[str]:
    """`count` distinct names; when the pool is too small the compass points are put before them."""
    order = [pool[i] for i in rng.permutation(len(pool))]
    prefixes = chain(("",), _COMPASS, (a + b for a, b in product(_BRIGHT, _COMPASS)))
    return list(islice((prefix + name for prefix in prefixes for name in order), count))


def village_names(count: int, rng: np.random.Generator) -> list[str]:
    """Distinct village names such as 荻塘村."""
    return [name + "村" for name in _shuffled([a + b for a, b in product(_PLANTS, _PLACES)], count, rng)]


def committee_names(count: int, rng: np.random.Generator) -> list[str]:
    """Distinct names of residents' committees such as 澜和居委会."""
    pool = [a + b for a, b in product(_BRIGHT, _BRIGHT) if a != b]
    return [name + "居委会" for name in _shuffled(pool, count, rng)]


def estate_names(count: int, rng: np.random.Generator) -> list[str]:
    """Distinct names of estates such as 沁景苑."""
    pool = [a + b + end for a, b, end in product(_BRIGHT, _PLANTS, _ESTATE_ENDS)]
    return _shuffled(pool, count, rng)


def hamlet_names(count: int, rng: np.random.Generator) -> list[str]:
    """Names of hamlets such as 陆家宅; distinct within one village."""
    pool = [surname + end for surname, end in product(SURNAMES, _HAMLETS)]
    return _shuffled(pool, count, rng)


def water_names(ranks: list[int], rng: np.random.Generator) -> list[str]:
    """A name for each water by its rank: rivers end in 江 or 河, canals in 塘 or 港, creeks in 泾 or 浜."""
    ends = {1: ("运河", "浦"), 2: ("塘", "港"), 3: ("港", "泾"), 4: ("泾", "浜"), 5: ("浜", "沟")}
    stems = _shuffled([a + b for a, b in product("白长北川东高横界老六南盘清三沙西下新严咸", "洋莲漕溪龙盐柴鹤马芦泥")], len(ranks), rng)
    return [stem + ends[rank][int(rng.integers(2))] for stem, rank in zip(stems, ranks, strict=True)]


def road_names(ranks: list[int], rng: np.random.Generator) -> list[str]:
    """A name for each road by its rank: 高速, 公路, 路, 村道."""
    ends = {1: ("高速", "高速"), 2: ("公路", "公路"), 3: ("路", "路"), 4: ("路", "支路"), 5: ("弄", "巷")}
    pool = [a + b for a, b in product("川新东望平丰明和华德永盛远安康惠宏泰", "苇澜禾沙桑渡灵霞塘桥宁源林景")]
    stems = _shuffled(pool, len(ranks), rng)
    return [stem + ends[rank][int(rng.integers(2))] for stem, rank in zip(stems, ranks, strict=True)]
