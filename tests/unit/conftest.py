"""An S3 server for the tests of buckets, and a bucket of its own for each."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.sources.buckets.servers import ENVIRONMENT, HostileServer, honest_server

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """The address of an honest server."""
    with honest_server() as url:
        yield url


@pytest.fixture
def client(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the honest server; what is under test finds it by the environment."""
    import boto3

    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")


@pytest.fixture
def bucket(client: Any) -> str:
    """A bucket of its own for each test."""
    name = f"bucket-{next(_NUMBERS)}"
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    """A server that misbehaves."""
    with HostileServer() as server:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": server.url}.items():
            monkeypatch.setenv(name, value)
        yield server
