"""The tokens that numbers are made of, found in a base model's own tokenizer and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from shared.forecasting.errors import Invalid
from shared.forecasting.language.scaling import MISSING, Codes
from shared.forecasting.language.text import SEPARATOR, UNKNOWN

DIGITS = "0123456789"
STRANGE = ("\ue000", "\ue001")  # signs that nobody writes
WORD = re.compile(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+")


class Tokenizer(Protocol):
    """What is asked of a tokenizer of `tokenizers`."""

    def encode(self, sequence: str, /, *, add_special_tokens: bool) -> Encoded: ...


class Encoded(Protocol):
    """What such a tokenizer answers."""

    @property
    def ids(self) -> list[int]: ...


@dataclass(frozen=True)
class Vocabulary:
    """Token ids: ten digits, the separator, what stands for a missing digit or unknown word."""

    tokenizer: Tokenizer
    digits: tuple[int, ...]
    separator: int
    unknown: int
    other: int | None = None  # of words that the tokenizer does not know; None if it knows all

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Vocabulary:
        """Find the tokens of numbers.

        Raises:
            Invalid: a digit or the separator is not one token of its own, alone and in a number.
        """
        strange = [_ids(tokenizer, sign) for sign in STRANGE]
        other = strange[0][0] if strange[0] == strange[1] and len(strange[0]) == 1 else None
        ids = [_ids(tokenizer, sign) for sign in (*DIGITS, SEPARATOR, UNKNOWN)]
        wrong = [
            sign
            for sign, found in zip((*DIGITS, SEPARATOR, UNKNOWN), ids, strict=True)
            if len(found) != 1 or found == [other]
        ]
        flat = [found[0] for found in ids if found]
        if wrong or len(set(flat)) != len(flat):
            named = ", ".join(repr(sign) for sign in wrong) or "several signs alike"
            raise Invalid(f"The base model's tokenizer does not know {named} as one token.")
        written = DIGITS + SEPARATOR + DIGITS[::-1] + SEPARATOR
        expected = [*flat[:11], *flat[9::-1], flat[10]]
        if _ids(tokenizer, written) != expected:
            raise Invalid(
                "The base model's tokenizer joins digits, so numbers cannot be written digit by "
                "digit: use a Qwen2, Qwen2.5 or Qwen3 model."
            )
        return cls(tokenizer, tuple(flat[:10]), flat[10], flat[11], other)

    def words(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        return _ids(self.tokenizer, text)

    def strangers(self, text: str) -> tuple[str, ...]:
        """Return the words of a text that the tokenizer does not know."""
        if self.other is None:
            return ()
        found = dict.fromkeys(WORD.findall(text))
        return tuple(
            word.strip(".,:;!?") or word for word in found if self.other in self.words(word)
        )

    def numbers(self, codes: Codes, digits: int) -> Codes:
        """Return the tokens of codes (window, time) → (window, time · (digits + 1))."""
        powers = 10 ** np.arange(digits - 1, -1, -1)
        signs = codes[..., None] // powers % 10  # (window, time, digits)
        tokens = np.asarray(self.digits)[signs]
        tokens = np.where((codes == MISSING)[..., None], self.unknown, tokens)
        ends = np.full((*codes.shape, 1), self.separator)
        return np.concatenate([tokens, ends], -1).reshape(len(codes), -1)


def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer.encode(text, add_special_tokens=False).ids)
