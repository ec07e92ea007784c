"""Buckets of S3, Google Cloud Storage and Azure: their objects as items. The only sources that speak to a network."""

from unseen.sources.buckets.address import BucketAddress, is_bucket
from unseen.sources.buckets.ahead import Ahead
from unseen.sources.buckets.items import BucketItems, open_bucket
from unseen.sources.buckets.objects import BucketObject, Fetch, ObjectRange

__all__ = [
    "Ahead",
    "BucketAddress",
    "BucketItems",
    "BucketObject",
    "Fetch",
    "ObjectRange",
    "is_bucket",
    "open_bucket",
]
