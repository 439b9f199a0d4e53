"""Tells Korean text from Chinese: the bytes of the one are letters of the other."""

import codecs

# None of them has the bytes of a common Chinese letter.
_FREQUENT = frozenset(
    "이다의는에가을고지하기사인대로시도한자리어서아정나수전구해보장상동산판매량점출날짜명격재드울남강원"
    "라광천종호류합계금액단위번년월요휴비식음료김박최조진현민영은준유연선미승태철화희안양용윤임황롯마트"
    "신면오뚜치과피빵물건몰공입개내후회생외를와으니며들그것있했습까더네래터포카프르크브랜레모델타"
)
_SHARE = 0.4  # of the letters, each counted once, that must be frequent
_FEWEST = 3


def is_korean(sample: bytes) -> bool:
    """Say whether bytes are Korean letters and nothing else, many of them frequent ones."""
    decoder = codecs.getincrementaldecoder("cp949")("replace")
    strange = {letter for letter in decoder.decode(sample) if letter > "\x7f"}
    letters = {letter for letter in strange if letter.isalpha() or letter == "\ufffd"}
    frequent = len(letters & _FREQUENT)
    return all("가" <= letter <= "힣" for letter in letters) and frequent >= max(
        _FEWEST, len(letters) * _SHARE
    )
