"""Which path leads where, and that no trick leads elsewhere."""

from string import printable
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.refusals import AddressTooLong, MethodNotAllowed
from gateway.table import TABLE, find, find_socket
from shared.kit.errors import AppError, NotFound
from tests.gateway.upstream import Upstream


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("POST", b"/api/upload", "registry"),
        ("POST", b"/api/upload/preview", "registry"),
        ("GET", b"/api/datasets/1/series", "registry"),
        ("PUT", b"/api/models/kan_product_P001/aliases/best", "registry"),
        ("GET", b"/api/algorithms", "training"),
        ("POST", b"/api/train", "training"),
        ("POST", b"/api/tasks/1/cancel", "training"),
        ("DELETE", b"/api/prediction/1", "prediction"),
    ],
)
def test_a_public_path_belongs_to_one_service(method: str, path: bytes, service: str) -> None:
    target = find(method, path, b"")

    assert (target.service, target.path) == (service, path.decode().removeprefix("/api"))


def test_a_name_may_hold_escaped_characters() -> None:
    assert find("GET", b"/api/models/%E8%8D%AF%20a%25", b"").path == "/models/%E8%8D%AF%20a%25"


def test_a_query_is_kept_and_plain_utf8_in_it_is_escaped() -> None:
    target = find("GET", b"/api/models", "search=药&a=%2F+b#c".encode())

    assert target.path == "/models?search=%E8%8D%AF&a=%2F+b%23c"


TRICKS = [
    b"/api",
    b"/api/",
    b"/api//datasets",
    b"/api/datasets/",
    b"/api/internal/stats",
    b"/api/Internal/stats",
    b"/api/%69nternal/stats",
    b"/api/datasets/../internal/stats",
    b"/api/datasets/./../internal/stats",
    b"/api/datasets/%2e%2e/internal/stats",
    b"/api/datasets/.%2E/internal/stats",
    b"/api/datasets/..%2finternal/stats",
    b"/api/datasets%2f..%2finternal%2fstats",
    b"/api/datasets/a%5c..%5cinternal",
    b"/api/datasets/\\..\\internal",
    b"/api/datasets/%00",
    b"/api/datasets/%0d%0aX: y",
    b"/api/datasets/%zz",
    b"/api/datasets/a?b",
    b"/api/datasets;/../internal/stats",
    b"/api/livez",
    b"/api/readyz",
    b"/api/http://127.0.0.1:8001/internal/stats",
    b"//api/datasets",
    b"/API/datasets",
    b"/datasets",
]
# a client would cut or escape the others
SENT_AS_THEY_ARE = [path for path in TRICKS if path[:2] != b"//" and not {*path} & {*b"? "}]


@pytest.mark.parametrize("path", TRICKS)
def test_tricks_with_paths_are_not_found(path: bytes) -> None:
    with pytest.raises(NotFound):
        find("GET", path, b"")


@pytest.mark.parametrize("path", SENT_AS_THEY_ARE)
async def test_tricks_with_paths_reach_no_service(
    gateway: httpx.AsyncClient, upstream: Upstream, path: bytes
) -> None:
    answer = await gateway.get(httpx.URL(gateway.base_url, raw_path=path))

    assert upstream.seen == []
    # 307: to the API's page; 503: outside /api, where the pages are
    assert answer.status_code in (307, 404, 503)
    if answer.status_code == 404:
        assert answer.headers["content-type"] == "application/problem+json"


segments = st.text(alphabet=printable + "药\x00", max_size=12) | st.sampled_from(
    ["..", ".", "%2e%2e", "%2F", "internal", "stats", "datasets", "%5c", "", "a%20b"]
)


@given(st.lists(segments, max_size=5).map("/".join))
def test_whatever_is_found_stays_under_its_first_segment(rest: str) -> None:
    raw = f"/api/{rest}".encode()
    try:
        target = find("GET", raw, b"")
    except AppError:
        return

    decoded = unquote(target.path)
    assert decoded.split("/")[1].encode() in TABLE
    assert not {"", ".", "..", "internal\\"} & set(decoded.split("/")[1:])
    assert "\\" not in decoded
    assert f"/api{target.path}".encode() == raw


@given(st.binary(max_size=60))
def test_any_query_becomes_a_printable_one_that_means_the_same(query: bytes) -> None:
    path = find("GET", b"/api/models", query).path

    assert path.isascii()
    assert path.isprintable()
    assert " " not in path
    assert "#" not in path


def test_a_method_that_is_not_in_the_table_is_refused_with_those_that_are() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        find("PATCH", b"/api/datasets/1", b"")

    assert refused.value.allow == "DELETE, GET, POST"


def test_an_address_longer_than_any_is_refused() -> None:
    with pytest.raises(AddressTooLong):
        find("GET", b"/api/models", b"a" * 9000)


def test_only_tasks_have_websockets() -> None:
    assert find_socket(b"/api/tasks/1/events", b"after=1-0").path == "/tasks/1/events?after=1-0"
    with pytest.raises(NotFound):
        find_socket(b"/api/datasets/1/events", b"")


async def test_a_wrong_method_is_a_problem_with_allow(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.put("/api/tasks/1")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert answer.headers["content-type"] == "application/problem+json"
