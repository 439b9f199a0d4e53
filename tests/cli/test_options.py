"""Options: read strictly, refused with the option's name."""

import pytest

from cli.options import pairs
from shared.kit.errors import Invalid


def test_pairs_are_read_with_signs_in_their_values() -> None:
    assert pairs(["store_id=S001", "name=a=b"], "--where") == {"store_id": "S001", "name": "a=b"}


@pytest.mark.parametrize("text", ["store_id", "=S001", "store_id=", ""])
def test_what_is_no_pair_is_refused_with_the_options_name(text: str) -> None:
    with pytest.raises(Invalid, match="--where"):
        pairs([text], "--where")
