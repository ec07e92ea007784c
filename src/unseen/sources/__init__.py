"""Where items come from: directory trees, files and lists of paths."""

from unseen.sources.opening import PATHS, check_sources, open_listed, open_source, open_sources
from unseen.sources.paths import paths_from

__all__ = ["PATHS", "check_sources", "open_listed", "open_source", "open_sources", "paths_from"]
