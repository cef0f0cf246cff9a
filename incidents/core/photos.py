"""Pictures that come with incidents: told by their content, limited in size, without the place where they were taken, kept by their hash.

A picture is encoded anew: nothing but its pixels is taken over, so no EXIF, GPS, XMP, comment, thumbnail or hidden tail comes along, and
what is kept can be nothing but a picture.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from data.errors import NetworkError
from data.store.files import write_atomically
from incidents.core.spec import Photo, wrong

KINDS = ("near", "far", "reference", "before", "after", "still")
_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may be. `side` is the longest side that is kept; larger ones are made smaller."""

    bytes: int = 8_000_000
    pixels: int = 50_000_000
    side: int = 2560
    quality: int = 85


def keep(content: bytes, kind: str, folder: Path, limits: Limits = Limits()) -> Photo:
    """Store a picture below `folder` and say what it became. It is on disk when this returns; the same picture is stored once.

    Raises NetworkError: unknown kind, empty, too large, too many pixels, no picture that is taken, or damaged.
    """
    if kind not in KINDS:
        raise wrong(
            "kind", kind, "there is no such kind of picture.", f"Known: {', '.join(KINDS)}.",
            "没有这种照片类别。", f"可用：{'、'.join(KINDS)}。",
        )  # fmt: skip
    _check_size(content, limits)
    media_type = _sniffed(content)
    clean = _encoded(_opened(content, media_type, limits), media_type, limits)
    digest = hashlib.sha256(clean).hexdigest()
    path = path_of(folder, digest, media_type)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, clean)
    return Photo(id=digest[:32], media_type=media_type, size=len(clean), sha256=digest)


def path_of(folder: Path, sha256: str, media_type: str) -> Path:
    """Where a stored picture lies: aa/aabb….jpg below the folder of attachments. Raises NetworkError for what is no hash."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef") or media_type not in _SUFFIX:
        raise wrong(
            "photo", sha256, "this is no stored picture.", "Use an id as it was given.", "不是已存照片。", "请使用上传时返回的编号。"
        )
    return folder / sha256[:2] / f"{sha256}{_SUFFIX[media_type]}"


def _check_size(content: bytes, limits: Limits) -> None:
    if len(content) > limits.bytes:
        most = limits.bytes / 1e6
        raise wrong(
            "photo", f"{len(content) / 1e6:.1f} MB", f"a picture may have {most:.0f} MB.", "Make it smaller and send it again.",
            f"照片不得超过 {most:.0f} MB。", "请缩小后重新上传。",
        )  # fmt: skip
    if not content:
        raise wrong("photo", "", "the picture is empty.", "Send it again.", "照片为空。", "请重新上传。")


def _sniffed(content: bytes) -> str:
    """Media type by the first bytes, whatever the sender calls it."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif"):
        raise wrong(
            "photo", "HEIC", "pictures of this format are not taken.",
            "Send JPEG: on the phone choose Settings, Camera, Formats, Most Compatible.",
            "不接受 HEIC 格式照片。", "请改用 JPEG：手机“设置→相机→格式→兼容性最佳”。",
        )  # fmt: skip
    raise wrong(
        "photo", content[:8].hex(" "), "this is no picture that is taken.", "Send JPEG, PNG or WebP.",
        "文件内容不是可接受的照片。", "请上传 JPEG、PNG 或 WebP。",
    )  # fmt: skip


def _opened(content: bytes, media_type: str, limits: Limits) -> Image.Image:
    """The pixels, upright. The size is checked before anything is unpacked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=(_FORMATS[media_type],))
            if picture.width * picture.height > limits.pixels:
                raise _too_many(picture, limits)
            picture.draft("RGB", (limits.side, limits.side))  # a JPEG is unpacked at about the size that is kept
            picture.load()
            return ImageOps.exif_transpose(picture)
    except Image.DecompressionBombError as error:
        raise _bomb() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError) as error:
        raise wrong(
            "photo", type(error).__name__, f"the picture is damaged ({str(error)[:80]}).", "Take or export it again.",
            "照片已损坏，无法读取。", "请重新拍摄或导出。",
        ) from error  # fmt: skip


def _too_many(picture: Image.Image, limits: Limits) -> NetworkError:
    most = limits.pixels // 1_000_000
    return wrong(
        "photo", f"{picture.width} × {picture.height}", f"a picture may have {most} million pixels.", "Make it smaller and send it again.",
        f"照片不得超过 {most * 100} 万像素。", "请缩小后重新上传。",
    )  # fmt: skip


def _bomb() -> NetworkError:
    return wrong(
        "photo", "", "the picture would unpack to far too many pixels.", "Make it smaller and send it again.",
        "照片解压后像素过多。", "请缩小后重新上传。",
    )  # fmt: skip


def _encoded(picture: Image.Image, media_type: str, limits: Limits) -> bytes:
    """The pixels alone, as a new file."""
    picture.thumbnail((limits.side, limits.side), Image.Resampling.LANCZOS)
    alpha = media_type != "image/jpeg" and ("A" in picture.getbands() or "transparency" in picture.info)
    bare = picture.convert("RGBA" if alpha else "RGB")
    bare.info = {}
    out = io.BytesIO()
    bare.save(out, _FORMATS[media_type], quality=limits.quality)  # PNG passes the quality over
    return out.getvalue()
