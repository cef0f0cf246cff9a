"""MapInfo .tab and .mif. Files of charset "Neutral" do not say in which encoding their text is: it is told from the bytes."""

from __future__ import annotations

from collections.abc import Iterator

from etl.core.spec import Delivered, Evidence, Reading, ReadOptions, Source, sibling, text_encoding, vector_reading


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading; the charset that the file declares is converted by GDAL."""
    charset = _charset(path)
    if charset.lower() not in ("neutral", ""):
        said = Evidence(f"the file says charset {charset}", f"文件标明字符集 {charset}")
        yield vector_reading(path, None, options, evidence=(said,), text=options.encoding)
        return
    text = sibling(path, ".mid") or sibling(path, ".dat")
    verdict = text_encoding(text, options.encoding)[0] if text else None
    evidence = (Evidence("the file says charset Neutral", "文件字符集为 Neutral，未标明编码"), *(verdict.evidence if verdict else ()))
    yield vector_reading(path, None, options, evidence=evidence, text=verdict.encoding if verdict else None)


def _charset(path: Delivered) -> str:
    with path.open("rb") as handle:
        head = handle.read(600).decode("latin-1")
    for line in head.splitlines():
        if line.lower().lstrip().startswith(("!charset", "charset")):
            return line.split(maxsplit=1)[1].strip().strip('"')
    return ""


SOURCE = Source(name="mapinfo", zh="MapInfo", suffixes=(".tab", ".mif"), read=read)
