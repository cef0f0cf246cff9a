"""People whom other offices register: foreigners at the exit-entry bureau, lodgers at the police station.

No document can exist: passports start with ZX, which no country uses, and the numbers of permits with 9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.town import identity
from data.town.dwellings import R_LET
from data.town.population import BORROWED, BOUGHT, RENTED, Settlement

MIGRANTS, OVERSEAS, LODGING = range(3)  # column register of people who are not local
OVERSEAS_SHARE = 0.0015  # of all people (domain report 8.2)
LODGING_SHARE = 0.5  # of those who stay with friends or relatives: they are registered elsewhere in the same city
PASSPORT, TAIWAN, HONG_KONG = "414", "511", "513"  # code list id_type
_LEAD = {PASSPORT: "ZX", TAIWAN: "9", HONG_KONG: "H9"}


@dataclass(frozen=True, slots=True)
class Nation:
    """Where foreigners come from, their share, their document, and names; without names they have Chinese ones."""

    zh: str
    share: float
    document: str = PASSPORT
    families: str = ""
    men: str = ""
    women: str = ""


_ENGLISH = ("MILLER CARTER HUGHES BAKER TURNER COLLINS", "JAMES PETER DAVID THOMAS", "EMILY SARAH LAURA HELEN")
NATIONS = (
    Nation("日本", 0.20, PASSPORT, "TANAKA SATO MORI ISHIDA KONDO HARADA", "KENJI HIROSHI TAKUYA DAIKI", "YUKI AKIKO MISAKI NAOMI"),
    Nation("韩国", 0.18, PASSPORT, "KIM PARK CHOI JUNG KANG YOON", "MINJUN SUNGHO JIHOON DONGHYUN", "SOYEON JIWON HYEJIN MINJI"),
    Nation("中国台湾", 0.17, TAIWAN),
    Nation("美国", 0.12, PASSPORT, *_ENGLISH),
    Nation("中国香港", 0.09, HONG_KONG),
    Nation("德国", 0.08, PASSPORT, "WEBER KELLER VOGEL BRANDT LORENZ HAAS", "LUKAS STEFAN JONAS MATTHIAS", "ANNA KATRIN LENA JULIA"),
    Nation("马来西亚", 0.06, PASSPORT, "LIM TAN WONG LEE CHONG YAP", "WEI JIAN KAH HOCK", "MEI LING HUI SHAN"),
    Nation("法国", 0.05, PASSPORT, "MOREAU LAURENT GIRARD FAURE ROUX BLANC", "PIERRE LUC ANTOINE HUGO", "CLAIRE CAMILLE ELISE MARION"),
    Nation("新加坡", 0.05, PASSPORT, "TAN LIM GOH ONG KOH TEO", "WEI MING JUN HAO", "HUI XIN LI JIA"),
)


def registers(rng: np.random.Generator, town: Settlement, people: pd.DataFrame, free: np.ndarray) -> np.ndarray:
    """The register of everybody. `free` are people who may leave the register of migrants: each house keeps one there."""
    register = np.full(len(people), MIGRANTS, np.int8)
    free = free & ~people["local"].to_numpy()
    lodgers = rng.permutation(np.flatnonzero(people["dwelling"] == BORROWED))
    lodgers = lodgers[free[lodgers]]
    register[lodgers[: round(LODGING_SHARE * len(lodgers))]] = LODGING
    alone = people.groupby("household")["age"].transform("size").to_numpy() == 1
    housed = people["dwelling"].isin((RENTED, BOUGHT)).to_numpy()
    apart = people["dwelling"].eq(BOUGHT).to_numpy() | (town.rooms["use"].to_numpy()[people["room"]] == R_LET)
    fits = np.flatnonzero(free & alone & housed & apart & people["age"].between(22, 66).to_numpy())
    in_flats = town.houses["flats"].to_numpy()[people["house"].to_numpy()[fits]]
    wanted = np.argsort(rng.random(len(fits)) - 0.8 * in_flats, kind="stable")[: round(OVERSEAS_SHARE * len(people))]
    register[fits[wanted]] = OVERSEAS
    return register


def documents(rng: np.random.Generator, register: np.ndarray, batch: int) -> dict[str, np.ndarray]:
    """Columns nation (position in NATIONS) and document (number of seven digits, unique in the town) of foreigners."""
    shares = np.array([nation.share for nation in NATIONS])
    nation = rng.choice(len(NATIONS), len(register), p=shares / shares.sum()).astype(np.int8)
    rank = np.cumsum(register == OVERSEAS)
    return {"nation": nation, "document": (batch * 10_000 + rank).astype(np.int32)}


def nations(people: pd.DataFrame) -> pa.Array:
    """Country or region of each."""
    return pa.array([nation.zh for nation in NATIONS]).take(pa.array(people["nation"]))


def document_kinds(people: pd.DataFrame) -> np.ndarray:
    """Codes of the kinds of document."""
    return np.array([nation.document for nation in NATIONS], object)[people["nation"]]


def document_numbers(people: pd.DataFrame) -> pa.Array:
    """Numbers as printed on the documents."""
    lead = pa.array([_LEAD[nation.document] for nation in NATIONS]).take(pa.array(people["nation"]))
    digits = pc.utf8_lpad(pc.cast(pa.array(people["document"]), pa.string()), 7, "0")
    return pc.binary_join_element_wise(lead, digits, "")


def names(people: pd.DataFrame) -> pa.Array:
    """Names as in the documents: family name first, in capital letters, or in Chinese."""
    chinese = identity.full_names(people).to_pylist()
    rows = zip(people["nation"], people["male"], people["surname"], people["given1"], chinese, strict=True)
    return pa.array([_name(NATIONS[nation], male, family, given) or own for nation, male, family, given, own in rows], pa.string())


def _name(nation: Nation, male: bool, family: int, given: int) -> str:
    families, first = nation.families.split(), (nation.men if male else nation.women).split()
    return f"{families[family % len(families)]} {first[given % len(first)]}" if families else ""
