"""A stored picture is a picture and nothing else: no place, no name, no tail."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import ExifTags, Image, PngImagePlugin

from data.errors import NetworkError
from incidents.core.photos import Limits, keep, path_of

SECRET = b"GeheimerName"


def shot(width: int = 60, height: int = 40) -> Image.Image:
    picture = Image.new("RGB", (width, height), (10, 90, 200))
    picture.paste((250, 20, 20), (0, 0, width // 2, height // 2))
    return picture


def told(picture: Image.Image, form: str = "JPEG", orientation: int = 1) -> bytes:
    """As a phone writes it: position, owner, orientation, comment."""
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = SECRET.decode()
    exif[ExifTags.Base.Orientation] = orientation
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (31.0, 12.0, 5.0), 3: "E", 4: (121.0, 42.0, 9.0), 29: SECRET.decode()})
    out = io.BytesIO()
    extra: dict[str, object] = {"exif": exif}
    if form == "JPEG":
        extra |= {"comment": SECRET, "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"}
    if form == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Author", SECRET.decode())
        extra["pnginfo"] = info
    picture.save(out, form, **extra)  # type: ignore[arg-type]
    return out.getvalue()


def refused(content: bytes, folder: Path, **limits: int) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        keep(content, "near", folder, Limits(**limits))
    assert caught.value.zh and caught.value.zh_remedy and caught.value.remedy and caught.value.field == "photo"
    assert not list(folder.rglob("*"))
    return caught.value


@pytest.mark.parametrize(("form", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_picture_loses_its_place_its_owner_and_its_comments(form: str, media_type: str, tmp_path: Path) -> None:
    content = told(shot(), form) + b"#!/bin/sh\n" + SECRET
    assert SECRET in content and Image.open(io.BytesIO(content)).getexif().get_ifd(ExifTags.IFD.GPSInfo)
    photo = keep(content, "near", tmp_path)
    path = path_of(tmp_path, photo.sha256, photo.media_type)
    kept = path.read_bytes()
    assert photo.media_type == media_type and photo.size == len(kept) and path.parent.name == photo.sha256[:2]
    assert SECRET not in kept and b"Exif" not in kept and b"/bin/sh" not in kept
    again = Image.open(io.BytesIO(kept))
    assert not again.getexif() and again.size == (60, 40)
    red = again.convert("RGB").getpixel((5, 5))
    assert red[0] > 200 and red[2] < 60  # type: ignore[index]


def test_a_picture_taken_upright_is_kept_upright(tmp_path: Path) -> None:
    photo = keep(told(shot(), orientation=6), "after", tmp_path)
    kept = Image.open(path_of(tmp_path, photo.sha256, photo.media_type))
    assert kept.size == (40, 60)
    right = kept.getpixel((35, 5))
    assert right[0] > 200 and right[2] < 60  # type: ignore[index]  # the red corner has turned to the right


def test_the_same_picture_is_stored_once_and_a_large_one_is_made_smaller(tmp_path: Path) -> None:
    assert keep(told(shot()), "near", tmp_path) == keep(told(shot()) + b"tail", "still", tmp_path)
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1
    photo = keep(told(shot(900, 300)), "near", tmp_path, Limits(side=300))
    assert Image.open(path_of(tmp_path, photo.sha256, photo.media_type)).size == (300, 100)


def test_what_is_no_picture_is_refused_whatever_it_is_called(tmp_path: Path) -> None:
    for content in (b"MZ\x90\x00", b"#!/bin/sh\necho", b"<svg onload='x'/>", b"%PDF-1.7", b"GIF89a" + bytes(50), b"PK\x03\x04"):
        assert "no picture" in refused(content, tmp_path).message
    assert "HEIC" in refused(b"\x00\x00\x00\x18ftypheic" + bytes(40), tmp_path).message
    assert "empty" in refused(b"", tmp_path).message


def test_a_damaged_picture_is_refused(tmp_path: Path) -> None:
    whole = told(shot(400, 400), "PNG")
    assert "damaged" in refused(whole[: len(whole) // 2], tmp_path).message
    assert "damaged" in refused(b"\xff\xd8\xff" + bytes(100), tmp_path).message
    for at in range(20, len(whole) - 20, 97):  # whatever is broken: refused or a picture, never a crash
        broken = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        try:
            keep(broken, "near", tmp_path)
        except NetworkError as error:
            assert error.field == "photo"


def test_a_small_file_that_unpacks_to_millions_of_pixels_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    assert "pixels" in refused(bomb, tmp_path).message
    assert "0.0 MB" not in refused(told(shot()), tmp_path, pixels=100).message


def test_too_many_bytes_and_an_unknown_kind_are_refused(tmp_path: Path) -> None:
    assert "8 MB" in refused(b"\xff\xd8\xff" + bytes(8_000_001), tmp_path).message
    with pytest.raises(NetworkError) as caught:
        keep(told(shot()), "selfie", tmp_path)
    assert caught.value.field == "kind"
    with pytest.raises(NetworkError):
        path_of(tmp_path, "../../etc/passwd", "image/jpeg")
