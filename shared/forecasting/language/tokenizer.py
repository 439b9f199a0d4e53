"""The tokenizer of the small base model: digits, signs, and the words of the templates."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from shared.forecasting.language.templates import LANGUAGES, words
from shared.forecasting.language.vocabulary import DIGITS

PAD, OTHER = "[PAD]", "[UNK]"
NAMES = "promotion price holiday onpromotion is_holiday on_display in_mailer event discount"
SIZE = 128


def make(path: Path) -> None:
    """Write the tokenizer's file.

    Raises:
        ValueError: the templates have more words than the model has rows.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    known = [PAD, OTHER, *DIGITS, *",x.:;-", *sorted(_words(NAMES))]
    for language in LANGUAGES:
        known += sorted(_words(" ".join(_texts(words(language)))))
    known = list(dict.fromkeys(known))
    if len(known) > SIZE:
        raise ValueError(f"{len(known)} words do not fit into {SIZE} rows")
    made = Tokenizer(
        models.WordLevel({word: place for place, word in enumerate(known)}, unk_token=OTHER)
    )
    made.normalizer = normalizers.Lowercase()
    one = Regex(r"[0-9,:;.\-，。：]|[\u4e00-\u9fff]|x")
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(one, "isolated")]
    )
    made.save(str(path))


def _texts(part: Any) -> list[str]:
    if isinstance(part, str):
        return [part]
    inner = part.values() if isinstance(part, dict) else part
    return [text for one in inner for text in _texts(one)]


def _words(text: str) -> set[str]:
    plain = re.sub(r"\{\w+\}", " ", text.lower())
    return set(re.findall(r"[\u4e00-\u9fff]|[a-wyz_]+|[，。：]", plain))
