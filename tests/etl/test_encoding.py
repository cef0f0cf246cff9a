"""Which encoding a file is in: the decision, its evidence, and what happens to what cannot be decoded."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from readings import read

from data.errors import SourceError
from etl.core.encoding import codec_of, decide_encoding, decodes, text_encoding
from etl.core.lines import LONGEST, blocks

# "住宅" in GBK happens to be valid UTF-8, as some words are: one value alone never decides.
NAMES = ["张三丰", "示范镇示范村三组", "陆家宅", "住宅", "砖混结构"]


def encoded(codec: str, texts: list[str] = NAMES) -> list[bytes]:
    return [text.encode(codec) for text in texts]


@pytest.mark.parametrize(("codec", "chosen"), [("gbk", "gb18030"), ("gb2312", "gb18030"), ("gb18030", "gb18030"), ("utf-8", "utf-8")])
def test_chinese_text_without_any_statement_is_told_by_its_bytes(codec: str, chosen: str) -> None:
    verdict = decide_encoding(encoded(codec), name="a.dbf", total=20)
    assert verdict.encoding == chosen
    assert any("20 of 20 values" in line for line in verdict.evidence)
    assert all(line.zh for line in verdict.evidence)  # type: ignore[attr-defined]


def test_plain_ascii_needs_no_decision() -> None:
    assert decide_encoding([], name="a.csv", total=3).evidence == ("all text is plain ASCII",)


@pytest.mark.parametrize(
    ("says", "codec"),
    [("Big-5", "big5"), ("EUC-KR", "euc_kr"), ("koi8r", "koi8-r"), ("1251", "cp1251"), ("ANSI 936", "gb18030"), ("UTF-8", "utf-8")],
)
def test_a_cpg_is_understood_however_it_names_the_encoding(says: str, codec: str) -> None:
    assert codec_of(says) == codec


def test_a_name_that_is_no_encoding_is_none() -> None:
    assert codec_of("klingon") is None


@pytest.mark.parametrize(
    ("says", "written", "chosen"), [("UTF-8", "gbk", "gb18030"), ("GBK", "utf-8", "utf-8"), ("cp1252", "gbk", "gb18030")]
)
def test_a_statement_that_the_bytes_contradict_is_overruled_with_evidence(says: str, written: str, chosen: str) -> None:
    verdict = decide_encoding(encoded(written), name="a.dbf", hints=[("the .cpg", says)])
    assert verdict.encoding == chosen
    assert any("overruled" in line and says in line for line in verdict.evidence)


@pytest.mark.parametrize(
    ("says", "text", "codec"), [("big5", "繁體國語", "big5"), ("1251", "РУССКИЙ", "cp1251"), ("latin2", "čeština", "iso8859-2")]
)
def test_a_statement_that_the_bytes_bear_out_stands(says: str, text: str, codec: str) -> None:
    verdict = decide_encoding([text.encode(codec)], name="a.dbf", hints=[("the .cpg", says)])
    assert verdict.encoding == codec and "the .cpg says" in verdict.evidence[0]


@pytest.mark.parametrize("hints", [[], [("LDID 0x4D", "cp936")]])
def test_a_gbk_word_that_passes_as_utf8_by_accident_is_still_chinese(hints: list[tuple[str, str]]) -> None:
    assert decide_encoding(["住宅".encode("gbk")] * 30, name="a.dbf", hints=hints).encoding == "gb18030"
    assert decide_encoding(["Praça".encode(), "São".encode()], name="a.dbf").encoding == "utf-8"
    assert (
        decide_encoding([word.encode() for word in ["Это", "просто", "русский", "текст", "для", "проверки"]], name="a.dbf").encoding
        == "utf-8"
    )


def test_the_stewards_declaration_is_followed_even_against_the_file() -> None:
    verdict = decide_encoding(["繁體國語".encode("big5")], name="a.dbf", declared="big5", hints=[("the .cpg", "GBK")])
    assert verdict.encoding == "big5" and verdict.evidence[0] == "declared as big5"


def test_a_declaration_that_decodes_nothing_is_refused() -> None:
    with pytest.raises(SourceError, match=r"declared as utf-8, but UTF-8 decodes 0 of 4"):
        decide_encoding(encoded("gbk", [name for name in NAMES if name != "住宅"]), name="a.dbf", declared="utf-8")
    with pytest.raises(SourceError, match="'gkb' is unknown"):
        decide_encoding(encoded("gbk"), name="a.dbf", declared="gkb")


@pytest.mark.parametrize(("text", "codec"), [("繁體國語", "big5"), ("ひたちなか市", "shift_jis"), ("Peçeña México", "cp1252")])
def test_text_that_only_looks_like_gb18030_is_refused_with_readings_to_choose_from(text: str, codec: str) -> None:
    with pytest.raises(SourceError, match="encoding cannot be told") as refused:
        decide_encoding([text.encode(codec)], name="a.dbf")
    assert text in str(refused.value) and "Declare it" in refused.value.remedy


def test_one_broken_value_among_many_does_not_change_the_decision() -> None:
    values = encoded("utf-8") * 20 + [b"\xe5\xbc"]
    assert decide_encoding(values, name="a.csv").encoding == "utf-8"


def test_a_field_cut_inside_its_last_character_still_counts_as_decoded() -> None:
    whole = "示范镇".encode("gbk")
    assert decodes(whole[:-1], "gb18030", cut=True) and not decodes(whole[:-1], "gb18030")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_byte_order_marks_and_utf16_without_one_are_seen(tmp_path: Path, codec: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("编号,name\n1,abcdefgh\n2,示范\n".encode(codec))
    verdict, mark = text_encoding(file, None)
    assert file.read_bytes()[mark:].decode(verdict.encoding).startswith("编号")


def test_chinese_far_behind_an_ascii_beginning_is_found(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    with file.open("wb") as handle:
        handle.write(b"1,abcdefghijklmnopqrstuvwxyz\n" * 200_000)
        handle.write("2,示范镇\n".encode("gbk") * 100)
    assert text_encoding(file, None)[0].encoding == "gb18030"


def records(text: bytes, **options: object) -> list[tuple[int, str]]:
    found = []
    for block in blocks(io.BytesIO(text), str(options.get("encoding", "utf-8")), ",", 1, size=int(str(options.get("size", 1 << 20)))):
        ends = [*block.starts.tolist()[1:], len(block.data)]
        found += [(int(n), block.data[a:b].decode().strip()) for n, a, b in zip(block.lines, block.starts, ends, strict=True)]
        found += [(line, f"BAD {why}") for line, _, why in block.bad]
    return sorted(found)


@pytest.mark.parametrize("size", [7, 20, 1 << 20])
def test_a_record_keeps_its_line_number_over_quoted_line_breaks_and_block_borders(size: int) -> None:
    text = b'a,b\n1,"x\ny"\n2,z\n\n3,"say ""hi"""\n4,w'
    assert [(n, r) for n, r in records(text, size=size) if r] == [
        (1, "a,b"),
        (2, '1,"x\ny"'),
        (4, "2,z"),
        (6, '3,"say ""hi"""'),
        (7, "4,w"),
    ]


def test_a_line_that_cannot_be_decoded_is_handed_out_and_the_rest_goes_on() -> None:
    text = "a,b\n1,示范\n".encode("gbk") + b"2,\xff\xff\n" + "3,住宅\n".encode("gbk")
    assert records(text, encoding="gb18030") == [(1, "a,b"), (2, "1,示范"), (3, ""), (3, "BAD encoding"), (4, "3,住宅")]


@pytest.mark.parametrize("below", [5, 3 * LONGEST])
def test_a_quote_that_never_closes_costs_one_line_not_the_file(below: int) -> None:
    text = 'a,b\n1,"open\n' + "".join(f"{n},x\n" for n in range(below)) + '8,5" pipe\n9,"y"\n'
    found = records(text.encode())
    assert (2, "BAD quote") in found
    assert len(found) == below + 4 and found[-1][1] == '9,"y"'


def test_a_stray_inch_mark_does_not_swallow_lines() -> None:
    text = "a,b\n" + '1,5" pipe\n' + "2,x\n" * (2 * LONGEST)
    assert len([r for _, r in records(text.encode()) if not r.startswith("BAD")]) >= 2 * LONGEST + 1


def test_one_bad_byte_is_told_with_its_line_and_how_the_other_rows_load(tmp_path: Path) -> None:
    rows = [f"{n},川沙新镇第{n}村\n".encode() for n in range(1, 11)]
    rows[6] = rows[6].replace("镇".encode(), b"\xe9\x95", 1)
    (tmp_path / "a.csv").write_bytes(b"no,name\n" + b"".join(rows))
    with pytest.raises(SourceError, match="9 of 10 values") as error:
        read(tmp_path, "a.csv")
    assert "line 8" in error.value.message and 'encoding = "utf-8"' in error.value.remedy and "big5" not in error.value.remedy
    message, remedy = error.value.said("zh")
    assert "第 8 行" in message and 'encoding = "utf-8"' in remedy
    found = read(tmp_path, "a.csv", encoding="utf-8")
    assert len(found.rows) == 9 and [line.row for line in found.damaged] == [8]
