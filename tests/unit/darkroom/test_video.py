"""Videos in the dark: what is sampled, what is said of it, and what hostile ones can do."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.clips import ENCODERS, draw_video, scene
from tests.unit.darkroom.test_pool import item_of

from unseen.darkroom import Darkroom, develop
from unseen.darkroom.digests import digest_memory
from unseen.darkroom.video.footage import Film, develop_video, hash_sample
from unseen.decoding import SNIFF_BYTES, sniff
from unseen.decoding.video import sampling
from unseen.decoding.video.opening import open_container
from unseen.model import QUALITY_MIN, ItemHashes, Reason, UnreadError, VideoMode
from unseen.sources.layers import MemoryRange

pytest.importorskip("av", reason="PyAV is not installed")

FAST, THOROUGH = Film(VideoMode.FAST), Film(VideoMode.THOROUGH)


@pytest.fixture(scope="module")
def darkroom() -> Iterator[Darkroom]:
    """One locked worker that looks at videos by their keyframes."""
    with Darkroom(workers=1, video=VideoMode.FAST) as darkroom:
        yield darkroom


def numbers(hashes: ItemHashes) -> list[int]:
    """Numbers of the frames."""
    return [frame.frame for frame in hashes.vpdq or ()]


@pytest.mark.parametrize(("codec", "container", "name"), ENCODERS, ids=[name for _, _, name in ENCODERS])
def test_every_codec_is_sampled_behind_the_lock(darkroom: Darkroom, codec: str, container: str, name: str) -> None:
    """In a locked worker each container and codec gives the frames that it gives without a lock."""
    rate = 25 if container in {"mpeg", "vob", "mxf", "h264"} else 15 if codec == "h263" else 10
    data = draw_video(range(8), codec=codec, container=container, rate=rate, frames_per_scene=rate)
    [(_, hashes)] = darkroom.develop([item_of(name, data)])
    assert hashes == develop(data, film=FAST)
    assert hashes.reason is None
    assert len(hashes.vpdq or ()) >= 4
    throughout = develop(data, film=THOROUGH)
    assert throughout.video_mode is VideoMode.THOROUGH
    clear = {frame.pdq for frame in throughout.vpdq or () if frame.pdq_quality >= QUALITY_MIN}
    assert len(clear) >= 7


@pytest.mark.parametrize(
    ("codec", "container"),
    [(codec, container) for codec, container, _ in ENCODERS if container in {"mp4", "mov", "3gp"}],
)
@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "cut"])
def test_keyframes_are_the_same_whether_or_not_the_first_frames_are_decoded_before(
    monkeypatch: pytest.MonkeyPatch, codec: str, container: str, *, is_cut: bool
) -> None:
    """What a container says of its streams is enough to take keyframes by: same frames, times and reasons."""
    rate = 15 if codec == "h263" else 10
    # A file that is cut has its index only where it was written piece by piece.
    index = {"movflags": "frag_keyframe+empty_moov"} if is_cut else None
    data = draw_video(range(8), codec=codec, container=container, rate=rate, frames_per_scene=rate, muxing=index)
    data = data[: len(data) * 3 // 4] if is_cut else data
    described = develop(data, film=FAST)
    monkeypatch.setattr(sampling, "open_container_for_keyframes", open_container)
    assert develop(data, film=FAST) == described
    assert len(described.vpdq or ()) >= 3


@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "cut"])
@pytest.mark.parametrize("muxing", [None, {"moov_size": "20000"}, {"movflags": "frag_keyframe+empty_moov"}])
def test_passing_over_what_lies_between_keyframes_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, muxing: dict[str, str] | None, *, is_cut: bool
) -> None:
    """Of MP4 the index says of frames that are not read what reading them would: same frames, times and reasons."""
    data = draw_video(range(12), frames_per_scene=10, muxing=muxing)
    data = data[: len(data) * 3 // 4] if is_cut else data
    by_index = develop(data, film=FAST)
    monkeypatch.setattr(sampling.Video, "_pass_over", lambda video: None)
    assert develop(data, film=FAST) == by_index
    if is_cut and muxing:
        assert by_index.reason is Reason.TRUNCATED
        assert by_index.vpdq


def test_a_last_frame_that_is_cut_off_is_said() -> None:
    """A film of which the last bytes are missing, and they are none of a keyframe, is `truncated` all the same."""
    data = draw_video(range(12), muxing={"moov_size": "20000"})
    assert develop(data, film=FAST).reason is None
    hashes = develop(data[:-1], film=FAST)
    assert hashes.reason is Reason.TRUNCATED
    assert hashes.video_mode is VideoMode.FAST


@pytest.mark.parametrize(
    ("codec", "pixel_format", "height"),
    [
        ("ffv1", "yuv420p", 120),
        ("mjpeg", "yuvj420p", 120),
        ("ffv1", "yuv420p", 121),
        ("ffv1", "yuv422p", 120),
        ("ffv1", "yuv444p", 120),
        ("ffv1", "yuv420p10le", 120),
    ],
)
def test_frames_are_hashed_as_their_pixels_are(codec: str, pixel_format: str, height: int) -> None:
    """Whether planes are hashed as they are or pixels are made of them, the hash is the same."""
    from unseen import hashing
    from unseen.decoding.video import Video, open_video

    data = draw_video(range(2), codec=codec, container="matroska", pixel_format=pixel_format, size=(161, height))
    video = open_video(MemoryRange(data), "matroska")
    assert isinstance(video, Video)
    samples = [one for one in video.samples(VideoMode.THOROUGH) if one is not None]
    assert len(samples) == 2
    for one in samples:
        assert (one.planes is not None) == (pixel_format in {"yuv420p", "yuvj420p"} and height % 2 == 0)
        assert hash_sample(one) == hashing.pdq(one.pixels)


def test_keyframes_are_enough_where_they_are_dense() -> None:
    """A video with a keyframe every two seconds is looked at by these alone, and says so."""
    hashes = develop(draw_video(range(12)), film=FAST)
    assert hashes.video_mode is VideoMode.FAST
    assert numbers(hashes) == list(range(0, 120, 20))
    assert [frame.time_s for frame in hashes.vpdq or ()] == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]


@pytest.mark.parametrize(("seconds", "gop"), [(4, 20), (40, 115), (30, 1000)], ids=["short", "sparse", "single"])
def test_sparse_keyframes_lead_to_a_frame_a_second(seconds: int, gop: int) -> None:
    """Fewer than three keyframes, or more than ten seconds between two: then all of it is decoded."""
    hashes = develop(draw_video(range(seconds), gop=gop), film=FAST)
    assert hashes.video_mode is VideoMode.THOROUGH
    assert set(range(0, 10 * seconds, 10)) <= set(numbers(hashes))


def test_thorough_takes_one_frame_a_second_as_the_reference_does() -> None:
    """Every frame whose number is a multiple of the whole rate, whatever the keyframes; times are exact."""
    hashes = develop(draw_video(range(9), rate=24, frames_per_scene=24, gop=1000), film=THOROUGH)
    assert numbers(hashes) == list(range(0, 216, 24))
    assert [frame.time_s for frame in hashes.vpdq or ()] == [float(second) for second in range(9)]


def test_times_beyond_a_thousand_seconds_are_exact() -> None:
    """A frame's time is its own, to the last digit, however late it comes."""
    data = draw_video(range(1300), rate=1, frames_per_scene=1, gop=5, size=(64, 48))
    last = (develop(data, film=THOROUGH).vpdq or ())[-1]
    assert (last.frame, last.time_s) == (1299, 1299.0)


def test_keyframes_of_open_groups_are_seen() -> None:
    """Groups that lean on the one before them (open GOP) have keyframes all the same."""
    options = {"x264-params": "open-gop=1:keyint=20:min-keyint=20:bframes=3:scenecut=0"}
    hashes = develop(draw_video(range(12), container="matroska", options=options), film=FAST)
    assert hashes.video_mode is VideoMode.FAST
    assert len(numbers(hashes)) == 6


def test_intra_refresh_is_looked_at_throughout() -> None:
    """A stream that renews itself line by line has one keyframe; all of it is decoded."""
    options = {"x264-params": "intra-refresh=1:keyint=20"}
    hashes = develop(draw_video(range(12), container="matroska", options=options), film=FAST)
    assert hashes.video_mode is VideoMode.THOROUGH


def test_a_video_cut_short_is_hashed_as_far_as_it_goes() -> None:
    """Its frames count, and it is `truncated` besides."""
    data = draw_video(range(12), container="matroska")
    hashes = develop(data[: len(data) // 2], film=FAST)
    assert hashes.reason is Reason.TRUNCATED
    assert numbers(hashes)


def test_a_video_without_its_index_is_unreadable() -> None:
    """An MP4 whose last part is missing names no frame: not screened, and never no match."""
    data = draw_video(range(12))
    hashes = develop(data[: len(data) // 2], film=FAST)
    assert (hashes.reason, hashes.vpdq) == (Reason.UNREADABLE, None)


def test_sound_alone_is_no_video() -> None:
    """A container without pictures is `not_media`."""
    import av
    import numpy as np

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    assert develop(file.getvalue()).reason is Reason.NOT_MEDIA


def test_a_flat_video_is_of_low_quality() -> None:
    """Black throughout: frames are kept, and a hash of them would say nothing."""
    import av
    import numpy as np

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=10)
        stream.width, stream.height = 64, 48
        for _ in range(40):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        output.mux(stream.encode(None))
    hashes = develop(file.getvalue(), film=FAST)
    assert hashes.reason is Reason.LOW_QUALITY
    assert hashes.vpdq


def test_a_near_video_is_looked_at_again_throughout() -> None:
    """Where its keyframes come near something, all of it is decoded, and nothing that was seen is lost."""
    data = draw_video(range(12))
    asked: list[ItemHashes] = []

    def comes_near(hashes: ItemHashes) -> bool:
        asked.append(hashes)
        return True

    with Darkroom(workers=1, video=VideoMode.FAST) as darkroom:
        darkroom.looks.comes_near = comes_near
        [(_, hashes)] = darkroom.develop([item_of("near", data)])
    assert [one.video_mode for one in asked] == [VideoMode.FAST]
    assert hashes.video_mode is VideoMode.THOROUGH
    assert set(hashes.vpdq or ()) >= set(asked[0].vpdq or ())
    assert set(numbers(hashes)) >= set(range(0, 120, 10))


def test_pictures_before_the_first_video_need_no_video_worker(darkroom: Darkroom) -> None:
    """Every item is answered once, whichever kind of worker had it first."""
    video = draw_video(range(4))
    contents = [b"text", video, b"more text", video, b""] * 4
    answers = list(darkroom.develop([item_of(str(index), content) for index, content in enumerate(contents)]))
    assert sorted(int(str(item.locator)) for item, _ in answers) == list(range(20))
    assert sum(hashes.video_mode is not None for _, hashes in answers) == 8


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_videos_end_in_a_closed_outcome(darkroom: Darkroom, data: st.DataObject) -> None:
    """Cut, flipped and lying videos cost at most their own row, with a closed reason."""
    whole = bytearray(data.draw(st.sampled_from(_some_videos())))
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=30)):
        whole[at] = value
    cut = data.draw(st.integers(0, len(whole)))
    content = bytes(whole[:cut] if data.draw(st.booleans()) else whole)
    answers = list(darkroom.develop([item_of("damaged", content), item_of("text", b"text")]))
    # What a damaged header no longer spans lies behind the video, and is an item inside it.
    outermost = {str(item.locator): hashes for item, hashes in answers if len(item.locator.steps) == 1}
    assert outermost.keys() == {"damaged", "text"}
    hashes = outermost["damaged"]
    assert hashes.sha256 is not None
    assert hashes.is_decoded or hashes.reason is not None


_drawn: list[bytes] = []


def _some_videos() -> list[bytes]:
    if not _drawn:
        kinds = (("libx264", "mp4"), ("libvpx-vp9", "webm"), ("mpeg4", "avi"), ("mpeg2video", "mpegts"), ("flv", "flv"))
        _drawn.extend(
            draw_video(range(2), codec=codec, container=container, rate=25, frames_per_scene=5, size=(64, 48))
            for codec, container in kinds
        )
    return _drawn


@pytest.mark.parametrize("name", ["doorknob-hd-no-bar", "pattern-sd-grey-bar", "test-padded-dimensions"])
def test_frames_equal_the_reference(name: str, vectors: Path) -> None:
    """Of every frame number, quality and PDQ are the reference's: within its tolerance, and most within ten bits."""
    from unseen.decoding.video import Video, open_video
    from unseen.sources.layers import MemoryRange

    rows = [line.split(",") for line in (vectors / "vpdq" / "expected" / f"{name}.txt").read_text().split()]
    video = open_video(MemoryRange((vectors / "vpdq" / "videos" / f"{name}.mp4").read_bytes()), "mov", interval_s=0)
    assert isinstance(video, Video)
    found = [(one, *hash_sample(one)) for one in video.samples(VideoMode.THOROUGH) if one is not None]
    assert [one.frame for one, _, _ in found] == [int(row[0]) for row in rows]
    assert all(f"{one.time_s:.3f}" == row[3] for (one, _, _), row in zip(found, rows, strict=True))
    distances = [
        (int.from_bytes(pdq, "big") ^ int(row[2], 16)).bit_count()
        for (_, pdq, _), row in zip(found, rows, strict=True)
        if int(row[1]) >= QUALITY_MIN
    ]
    assert max(distances) < 31
    assert sum(distance <= 10 for distance in distances) > 0.8 * len(distances)


@pytest.mark.parametrize("container", ["mpegts", "matroska"])
def test_bytes_that_cannot_be_had_are_said(container: str) -> None:
    """A medium that fails in the middle of a video ends it early, and never in silence."""
    data = draw_video(range(12), container=container)

    class Failing(MemoryRange):
        """Bytes of which the second half cannot be read."""

        def read_at(self, offset: int, size: int) -> bytes:
            """Give what lies in the first half."""
            if offset + size > len(data) // 2:
                raise UnreadError(Reason.UNREADABLE)
            return super().read_at(offset, size)

    hashes = develop_video(Failing(data), sniff(data[:SNIFF_BYTES]), digest_memory(data), FAST)
    assert hashes.reason in {Reason.TRUNCATED, Reason.UNREADABLE}


def test_an_encrypted_video_is_encrypted() -> None:
    """Frames that need a key are not decoded into noise."""
    options = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
        "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
    }
    for film in (FAST, THOROUGH):
        hashes = develop(draw_video(range(4), muxing=options), film=film)
        assert (hashes.reason, hashes.vpdq) == (Reason.ENCRYPTED, None)
        assert hashes.sha256 is not None


def test_a_damaged_video_of_blank_frames_was_not_screened() -> None:
    """As with pictures: where all that could be decoded is too flat to be matched, nothing was seen."""
    flat = draw_video([-1] * 12, container="matroska", codec="ffv1")
    hashes = develop(flat[: len(flat) // 2], film=FAST)
    assert (hashes.reason, hashes.vpdq) == (Reason.TRUNCATED, None)


def test_every_stream_of_pictures_is_looked_at() -> None:
    """A second stream, which players do not show, is hashed like the first; frames say which stream they are of."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        streams = [output.add_stream("libx264", rate=10) for _ in range(2)]
        for stream in streams:
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height = 160, 120
        for index in range(40):
            for number, stream in enumerate(streams):
                assert isinstance(stream, av.VideoStream)
                picture = scene(100 * number + index // 10)
                output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        for stream in streams:
            assert isinstance(stream, av.VideoStream)
            output.mux(stream.encode(None))
    frames = develop(file.getvalue(), film=THOROUGH).vpdq or ()
    assert [(frame.stream, frame.frame) for frame in frames] == [(n, at) for n in range(2) for at in range(0, 40, 10)]
    assert len({frame.pdq for frame in frames}) == 8


def test_a_keyframe_of_an_impossible_time_crashes_nobody(darkroom: Darkroom) -> None:
    """A time of some thousand years gives a frame like any other, and the worker that found it lives on."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        stream = output.add_stream("mjpeg", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuvj420p"
        for index in range(6):
            for packet in stream.encode(av.VideoFrame.from_ndarray(scene(index), format="rgb24")):
                if index == 5:
                    packet.pts = packet.dts = 5_000_000_000
                output.mux(packet)
        output.mux(stream.encode(None))
    [(_, hashes)] = darkroom.develop([item_of("late", file.getvalue())])
    assert hashes.reason is None
    assert max(numbers(hashes)) == 2**32 - 1
