"""Tokens of pages: only those that a list made go on."""

import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit import pages
from shared.kit.errors import Invalid


def token(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode()


def test_a_place_is_read_as_it_was_written() -> None:
    assert pages.place(pages.encode(1200)) == 1200
    assert pages.place(None) == 0


@pytest.mark.parametrize(
    "document", [[""], ["-5"], ["1.5"], [" 1"], ["１"], ["9" * 5000], [1], ["1", "2"], {}, 7]
)
def test_a_token_of_no_place_is_refused_at_its_field(document: object) -> None:
    with pytest.raises(Invalid) as caught:
        pages.place(token(document))

    assert [error.pointer for error in caught.value.errors] == ["/page_token"]


@given(st.text())
def test_no_text_breaks_the_reading_of_tokens(text: str) -> None:
    with contextlib.suppress(Invalid):
        assert pages.place(text) >= 0


def test_a_token_of_endless_depth_is_refused() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 100_000).decode()

    with pytest.raises(Invalid):
        pages.decode(deep)
