"""JPEG files to PDQ, to every hash, or to pixels only. Each side reads its files anew in every round."""

from pathlib import Path
from typing import Any

from benchmarks.sides.protocol import Work, digest, serve


def _unseen_pdq(settings: dict[str, Any]) -> Work:
    """Decoding and PDQ as the darkroom does them, without digests and variants."""
    from unseen.decoding import Picture, decode
    from unseen.hashing import pdq

    paths = _paths(settings)

    def hash_one(path: Path) -> tuple[str, int]:
        picture = decode(path.read_bytes())
        assert isinstance(picture, Picture)
        value, quality = pdq(picture.pixels)
        return value.hex(), quality

    return Work(
        lambda: [hash_one(path) for path in paths],
        len(paths),
        digest([hash_one(path) for path in paths]),
        _sizes(paths),
    )


def _unseen_file(settings: dict[str, Any]) -> Work:
    """Three digests, PDQ, quality and all variants, through the public face."""
    import unseen

    paths = [str(path) for path in _paths(settings)]
    found = [unseen.hash_file(path) for path in paths]
    hashed = [(hashes.pdq.hex() if hashes.pdq else "", hashes.pdq_quality) for hashes in found]
    notes = {"variants": sum(len(hashes.variants) for hashes in found) / len(found)}
    return Work(lambda: [unseen.hash_file(path) for path in paths], len(paths), digest(hashed), notes)


def _threatexchange(settings: dict[str, Any]) -> Work:
    from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_file

    paths = _paths(settings)
    hashed = [(value, int(quality)) for value, quality in map(pdq_from_file, paths)]
    return Work(lambda: [pdq_from_file(path) for path in paths], len(paths), digest(hashed))


def _libjpeg_turbo(settings: dict[str, Any]) -> Work:
    """Decoding to RGB and nothing else: what no program that decodes can undercut."""
    import simplejpeg

    paths = _paths(settings)
    return Work(lambda: [simplejpeg.decode_jpeg(path.read_bytes(), "RGB") for path in paths], len(paths))


def _paths(settings: dict[str, Any]) -> list[Path]:
    return sorted(Path(settings["folder"]).glob("*.jpg"))


def _sizes(paths: list[Path]) -> dict[str, Any]:
    return {"mean_file_kb": round(sum(path.stat().st_size for path in paths) / len(paths) / 1e3)}


if __name__ == "__main__":
    _SIDES = {
        "unseen_pdq": _unseen_pdq,
        "unseen_file": _unseen_file,
        "threatexchange": _threatexchange,
        "libjpeg_turbo": _libjpeg_turbo,
    }
    serve(lambda settings: _SIDES[settings["side"]](settings))
