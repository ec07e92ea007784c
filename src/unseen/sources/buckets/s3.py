"""S3 as boto3 sees it: exact keys, storage classes, the usual files with credentials; and obstore for the bytes.

obstore reads with less than half the work, but cannot spell every key, and a listing in which one of those stands is
lost to it. So boto3 lists, and reads the objects whose keys are odd.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from unseen.errors import SourceError
from unseen.model import Reason, Times, UnreadError
from unseen.sources.buckets.objects import BucketObject, ChangedError
from unseen.sources.buckets.shops import CLIENT, RETRIES, TRIES_MAX, ObstoreShop, has_plain_key, reason_of

__all__ = ["S3Shop", "is_loopback"]

_BLOCK_BYTES = 1 << 20
# Archives that need hours to give something back. Intelligent tiering says so only when it is asked.
_OFFLINE = frozenset({"GLACIER", "DEEP_ARCHIVE"})
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404"})
_HINT = "credentials and region come from AWS's usual variables and files, an endpoint from AWS_ENDPOINT_URL"


class S3Shop:
    """One bucket of S3, or of a service that speaks its language."""

    def __init__(self, bucket: str) -> None:
        """Connect.

        Raises:
            SourceError: There is no such bucket, or no access to it.
            ImportError: The extra is not installed.
        """
        import boto3
        from botocore.config import Config
        from obstore.auth.boto3 import Boto3CredentialProvider
        from obstore.store import S3Store

        self._bucket = bucket
        session = boto3.Session()
        retries = {"max_attempts": RETRIES["max_retries"], "mode": "standard"}
        config = Config(retries=retries, connect_timeout=10, read_timeout=60, max_pool_connections=16)
        with _translated(f"s3://{bucket}"):
            # Some services are reached without a region, but every signature has one.
            region = session.region_name or "us-east-1"
            self._client: Any = session.client("s3", region_name=region, config=config)
            headers = self._client.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
        endpoint = self._client.meta.endpoint_url
        options: dict[str, Any] = {
            "region": headers.get("x-amz-bucket-region", region),
            "client_options": {**CLIENT, "allow_http": is_loopback(endpoint)},
            "retry_config": RETRIES,
            "credential_provider": Boto3CredentialProvider(session),
        }
        if not urlsplit(endpoint).hostname.endswith(".amazonaws.com"):
            options["endpoint"] = endpoint
        self._plain = ObstoreShop(S3Store(bucket, **options))

    def objects(self, prefix: str) -> Iterator[BucketObject]:
        """List the current objects whose keys begin so, in the order of their bytes, in constant memory.

        Raises:
            SourceError: The listing broke off.
        """
        with _translated(f"s3://{self._bucket}/{prefix}"):
            # boto3 asks for keys in percent-encoding and decodes them: XML cannot hold every character.
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    yield BucketObject(
                        found["Key"],
                        found["Size"],
                        found["ETag"],
                        is_offline=found.get("StorageClass") in _OFFLINE,
                        times=Times(modified_ns=int(found["LastModified"].timestamp()) * 10**9),
                    )

    def read(self, found: BucketObject, offset: int, size: int) -> bytes:
        """See `Shop.read`."""
        if has_plain_key(found.key):
            return self._plain.read(found, offset, size)
        from botocore.exceptions import BotoCoreError, ClientError

        which = {"Bucket": self._bucket, "Key": found.key, "Range": f"bytes={offset}-{offset + size - 1}"}
        if found.e_tag is not None:
            which["IfMatch"] = found.e_tag
        if found.version is not None:
            which["VersionId"] = found.version
        for number in range(TRIES_MAX):
            try:
                # boto3 retries requests, not the bodies of answers.
                return _read_body(self._client.get_object(**which)["Body"], size)
            except ClientError as error:
                raise _reason(error) from error
            except (BotoCoreError, OSError) as error:
                if number == TRIES_MAX - 1:
                    raise UnreadError(Reason.UNREADABLE) from error
        raise AssertionError

    def look(self, found: BucketObject) -> BucketObject:
        """See `Shop.look`."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            head = self._client.head_object(Bucket=self._bucket, Key=found.key)
        except ClientError as error:
            raise _reason(error) from error
        except (BotoCoreError, OSError) as error:
            raise UnreadError(Reason.UNREADABLE) from error
        return BucketObject(found.key, head["ContentLength"], head["ETag"], times=found.times)

    def whole(self, key: str, bytes_max: int) -> bytes:
        """A small object of the service's own, such as an inventory's manifest.

        Raises:
            SourceError: It cannot be read, or is larger.
        """
        with _translated(f"s3://{self._bucket}/{key}"):
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            if found["ContentLength"] > bytes_max:
                raise SourceError(f"s3://{self._bucket}/{key} has {found['ContentLength']} bytes, at most {bytes_max}")
            return bytes(found["Body"].read())


def is_loopback(endpoint: str) -> bool:
    """Whether an endpoint lies on this machine, so that plain HTTP shows its bytes to nobody."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    try:
        is_here = ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    return parts.scheme == "http" and is_here


def _read_body(body: Any, size: int) -> bytes:
    data = bytearray()
    try:
        while len(data) < size and (block := body.read(min(_BLOCK_BYTES, size - len(data)))):
            data += block
    finally:
        body.close()
    return bytes(data)


def _reason(error: Any) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    if code in {"PreconditionFailed", "412"}:
        return ChangedError()
    return UnreadError(Reason.CHANGED if code in _GONE else reason_of(error))


@contextmanager
def _translated(what: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, OSError, ValueError) as error:
        raise SourceError(f"cannot read {what}: {error}", hint=_HINT) from error
