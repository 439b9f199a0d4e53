"""What is read from headers, and which are passed on."""

import pytest

from gateway.heads import read, returned
from gateway.refusals import BadRequest, HeadersTooLarge


def test_what_is_about_the_connection_or_said_by_us_is_dropped() -> None:
    head = read(
        [
            (b"host", b"Localhost:8000"),
            (b"connection", b"close, X-Private"),
            (b"x-private", b"1"),
            (b"keep-alive", b"timeout=5"),
            (b"te", b"trailers"),
            (b"upgrade", b"h2c"),
            (b"proxy-authorization", b"Basic x"),
            (b"x-forwarded-for", b"1.2.3.4"),
            (b"expect", b"100-continue"),
            (b"accept", b"*/*"),
            (b"origin", b"http://localhost:8000"),
        ]
    )

    assert head.kept == [("accept", "*/*"), ("origin", "http://localhost:8000")]
    assert head.host == "localhost:8000"


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"1"), (b"content-length", b"1")],
        [(b"content-length", b"1"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"identity")],
        [(b"transfer-encoding", b"chunked, gzip")],
        [(b"content-length", b"-1")],
        [(b"content-length", b"1, 1")],
        [(b"content-length", "１".encode())],
        [(b"host", b"a"), (b"host", b"b")],
        [(b"origin", b"http://a"), (b"origin", b"http://b")],
        [(b"x", b"\xff")],
    ],
)
def test_what_two_servers_could_read_differently_is_refused(
    headers: list[tuple[bytes, bytes]],
) -> None:
    with pytest.raises(BadRequest):
        read(headers)


def test_headers_larger_than_any_are_refused() -> None:
    with pytest.raises(HeadersTooLarge):
        read([(b"x", b"a" * 70_000)])


def test_a_body_is_expected_only_where_one_is_announced() -> None:
    assert not read([(b"content-length", b"0")]).has_body
    assert not read([]).has_body
    assert read([(b"content-length", b"1")]).has_body
    assert read([(b"transfer-encoding", b"Chunked")]).has_body


@pytest.mark.parametrize(
    ("given", "public"),
    [
        (b"/tasks/1", b"/api/tasks/1"),
        (b"http://127.0.0.1:8002/tasks/1", b"/api/tasks/1"),
        (b"https://elsewhere.example/x", b"https://elsewhere.example/x"),
        (b"//elsewhere.example/x", b"//elsewhere.example/x"),
    ],
)
def test_a_services_address_becomes_the_public_one(given: bytes, public: bytes) -> None:
    headers = returned([(b"Location", given)], 202, "http://127.0.0.1:8002", "id")

    assert (b"location", public) in headers
