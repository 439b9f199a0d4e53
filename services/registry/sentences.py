"""What the registry says about a file: each sentence by its key, so that others can translate it.

The web app has the same keys in each of its languages.
"""

from dataclasses import dataclass
from typing import Any

from shared.contracts.datasets import Finding, Sentence, Severity

SENTENCES: dict[str, str] = {
    # what is found in a file or a dataset
    "ragged_rows": "{count:,} rows do not have {width} fields like the row of names.",
    "second_header": "Row {second} is a second row of names or units below row {first}. Drop it, "
    "or take the names from it with mapping.reading.header_row = {second}.",
    "nested_columns": "The column {column!r} holds {what} and was left out.",
    "error_cells": "{count:,} cells hold an error of Excel and count as missing.",
    "uncomputed_formulas": "The formulas in column {letter} ({column!r}) have no values: open the "
    "workbook in Excel, save it, and upload it again.",
    "blank_rows": "{count:,} rows have no date and were left out.",
    "invalid_dates": "{count:,} values of {column!r} are not dates.",
    "wrong_weekdays": "{count:,} dates carry the wrong day of the week; the date was used.",
    "dates_year_first": "In {column!r} the dates are read with the year first.",
    "dates_month_first": "In {column!r} the dates are read with the month first.",
    "dates_day_first": "In {column!r} the dates are read with the day first.",
    "dates_row_order": "In {column!r} the dates are read as the dates around them suggest.",
    "dates_swapped": "In {column!r} the dates are read with day and month swapped.",
    "mixed_dates": "{column!r} mixes ways of writing dates.",
    "like_year_first": "Those like {example} are read with the year first.",
    "like_month_first": "Those like {example} are read with the month first.",
    "like_day_first": "Those like {example} are read with the day first.",
    "like_row_order": "Those like {example} are read as the dates around them suggest.",
    "like_swapped": "Those like {example} are read with day and month swapped.",
    "like_misfit": "One like {example} cannot be meant so.",
    "decided_by_rows": "The order of the rows decided: read so, the dates follow each other "
    "evenly.",
    "misfit_dates": "{count:,} dates in {column!r} cannot be meant so and are read as they can be.",
    "zone_steps": "The dates state a zone ({zone}): each step is as long as the others also when "
    "clocks change, so they count in UTC.",
    "zone_local": "The dates state a zone ({zone}): each row counts on its local date.",
    "zone_midnights": "The dates state a zone ({zone}): the times of day are midnights elsewhere, "
    "so each row counts on the date there.",
    "missing_ids": "{count:,} rows have no {column!r}.",
    "text_in_numbers": "{count:,} values of {column!r} are text, not numbers.",
    "not_finite": "{count:,} values of {column!r} are NaN or infinite.",
    "duplicate_rows": "{count:,} times several rows stand for one series and date.",
    "added_up": "Added up: {columns}.",
    "averaged": "Averaged: {columns}.",
    "missing_dates": "{count:,} dates between the first and the last of their series have no row.",
    "missing_values": "{count:,} rows have no value of the target.",
    "negative_values": "{count:,} values are negative: returns, or an error.",
    "leading_zeros": "{count:,} of {total:,} series begin with a long row of zeros.",
    "empty_series": "{count:,} series have no value at all and were left out.",
    "dead_series": "{count:,} of {total:,} series have had nothing for long before the end.",
    "constant_series": "{count:,} of {total:,} series always have the same value.",
    "short_series": "{count:,} of {total:,} series have fewer than {needed} steps: {horizon} to "
    "forecast and as many to learn from.",
    "outliers": "{count:,} values lie far outside what their series and season make likely.",
    "mixed_frequency": "{count:,} of {total:,} series have another frequency than {frequency}.",
    "future_rows": "{count:,} rows after the last target carry known covariates.",
    "leaking_covariate": "These covariates almost equal the target, over all or on a scale of its "
    "own in each series, so they can hardly be known in advance.",
    "personal_data": "{column!r} looks like personal data; a forecast does not need to know "
    "people.",
    "personal_left_out": "{column!r} looks like personal data and is left out.",
    "off_grid": "{count:,} rows lie between two steps of {frequency} and were put to the step that "
    "they belong to.",
    "another_frequency": "Is it another frequency?",
    "static_varies": "{column!r} should have one value per series, but {count:,} rows have another "
    "than the last one, which was used.",
    "new_columns": "{count:,} columns are new and became series: {columns}.",
    "new_columns_left_out": "{count:,} columns that the dataset does not have were left out: "
    "{columns}.",
    "overlapping_rows": "{count:,} rows were there before; {differing:,} had another value, and "
    "the new one was taken.",
    "no_date": "No column looks like the date: say which one it is. The file has: {columns}.",
    "no_target": "No column looks like the target: say which one it is. The file has: {columns}.",
    "invalid": "{reason}",
    "in_file": "{file}:",
    # why a column has its role
    "is_empty": "it is empty",
    "is_personal": "it looks like personal data, so better leave it out",
    "is_nameless": "it has no name",
    "name_says_so": "its name says so",
    "holds_dates": "it holds dates",
    "holds_numbers": "it holds numbers, which may not be known in advance",
    "holds_text": "it holds text",
    "is_constant": "it always has the same value",
    "counts_rows": "it counts the rows",
    "other_target": "another column is the target",
    "same_for_all": "it is the same for all series of a date",
    "one_of_many": "several columns hold numbers for the same dates: one series each",
    "tells_rows_apart": "with it, each series has one row a date",
    "others_name_series": "the other columns name each series",
    "goes_with": "each {column} has one",
    "describes_nothing": "there is nothing that it could describe",
    "varies_within": "it varies within a series",
    "one_per_series": "each series has one value of it",
    "when_it_began": "it says when something began, not when it sold",
    "readable_as_dates": "its values can be read as dates",
    "other_date": "another column is the date",
    "only_numbers": "it is the only column of numbers",
    "choose_numbers": "nothing says which number to forecast: choose it",
    "named_by_date": "its name is a date, and each row is a series",
    "counted_dates": "the names count the dates",
    "names_no_row": "each row is a series, and this is no name",
    "others_name_rows": "the other columns name each row",
    "names_rows": "it names the rows",
    "made_of": "it is made of {columns}",
    "part_of_date": "it is a part of the date",
    "sum_of_others": "it is the sum of the others",
}


@dataclass(frozen=True)
class Said:
    """What is said in English, and the same as sentences that can be said in any language."""

    text: str
    sentences: list[Sentence]

    def __add__(self, other: "Said") -> "Said":
        """Say something more."""
        return Said(f"{self.text} {other.text}", self.sentences + other.sentences)

    def finding(self, code: str, severity: Severity, count: int = 1, **more: Any) -> Finding:
        """Return a finding that says this; `more` are its other fields."""
        return Finding(
            code=code,
            severity=severity,
            count=count,
            detail=self.text,
            sentences=self.sentences,
            **more,
        )


def say(key: str, **values: int | str | list[str]) -> Said:
    """Return a sentence, filled in."""
    shown = {name: ", ".join(v) if isinstance(v, list) else v for name, v in values.items()}
    return Said(SENTENCES[key].format(**shown), [Sentence(key=key, values=dict(values))])
