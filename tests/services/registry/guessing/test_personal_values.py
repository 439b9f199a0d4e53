"""Personal data told by its values, whatever the column is called."""

import pytest

from services.registry.cleaning.personal import looks_personal

PERSONAL = [
    "6222021234567890123",
    "6222 0212 3456 7890",
    "6222-0212-3456-7890",
    "6222 0212 3456 7890 123",
    "4111111111111111",
    "110101199003071234",
    "11010119900307123X",
    "13812345678",
    "+86 138-1234-5678",
    "+8613812345678",
    "0086 138 1234 5678",
    "138****1234",
    "110101********1234",
    "010-12345678",
    "(0755) 1234567",
    "0571 87654321",
    "(555) 123-4567",
    "555-123-4567",
    "+44 20 7946 0958",
    "078-05-1120",
    "someone@example.org",
]
HARMLESS = [
    "6901234567892",  # a barcode
    "1704067200000",  # Unix time in milliseconds,
    "1704067200000000",  # and in microseconds
    "20240105",
    "2024-01-05",
    "2024-01-05 10:30",
    "12345",
    "1,234,567.89",
    "A-1001",
    "100-200",
]


@pytest.mark.parametrize("value", PERSONAL)
def test_numbers_of_people_are_personal(value: str) -> None:
    assert looks_personal("column", [value, value[:-1] + "7"])


@pytest.mark.parametrize("value", HARMLESS)
def test_numbers_of_things_are_not_personal(value: str) -> None:
    assert not looks_personal("column", [value, value])
