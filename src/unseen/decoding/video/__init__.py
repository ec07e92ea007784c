"""Videos: which containers and codecs are read, and which of their frames are looked at."""

from unseen.decoding.video.opening import VIDEO_LIMITS, Sample, VideoLimits
from unseen.decoding.video.sampling import Video, open_video

__all__ = ["VIDEO_LIMITS", "Sample", "Video", "VideoLimits", "open_video"]
