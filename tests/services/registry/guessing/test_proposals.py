"""What a preview proposes is what an upload takes, and its rows show what comes of it."""

from typing import Any

from httpx import AsyncClient

from tests.services.registry.conftest import problem
from tests.services.registry.filing import sales_csv, upload

MESSY = (
    "2024-01-05,S0,P1,7,1.5\n"  # there is one already
    "2024-02-30,S0,P1,7,1.5\n"
    "2024-01-21,S0,P1,seven,1.5\n"
    "2024-01-22,S0,P1,inf,1.5\n"
    "2024-01-23,S0\n"
    ",,,,\n"
    "\n"
    "2024-01-24,,P1,7,1.5\n"
    "2024-01-25,S0,P1,n.a.,1.5\n"
)


async def preview(registry: AsyncClient, content: bytes) -> Any:
    answer = await registry.post("/upload/preview", files={"file": ("sales.csv", content)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_mapping_of_a_messy_file_is_taken_as_it_is(registry: AsyncClient) -> None:
    content = sales_csv().replace(b"date,", b"date,", 1) + MESSY.encode()
    seen = await preview(registry, content)

    stored = await upload(registry, content, seen["mapping"])

    assert stored.status_code == 201, stored.text
    assert seen["mapping"]["fixes"] == {
        "duplicate_rows": "sum",
        "invalid_dates": "drop",
        "missing_ids": "drop",
        "ragged_rows": "drop",
        "text_in_numbers": "missing",
        "not_finite": "missing",
    }
    shown = {f["code"]: f["examples"] for f in seen["findings"]}
    kept = {f["code"]: f["examples"] for f in stored.json()["quality"]["findings"]}
    for code in seen["mapping"]["fixes"]:
        assert shown[code] == kept[code]
    assert shown["ragged_rows"] == ["row 126: 2 fields"]
    assert shown["invalid_dates"] == ["row 123: 2024-02-30"]
    assert shown["missing_ids"] == ["row 129"]


async def test_without_its_fixes_the_same_mapping_is_refused(registry: AsyncClient) -> None:
    content = sales_csv() + MESSY.encode()
    seen = await preview(registry, content)

    answer = await upload(registry, content, seen["mapping"] | {"fixes": {}})

    assert "mapping.fixes.ragged_rows = drop" in problem(answer, 422, "/file")


async def test_the_first_rows_show_what_the_fixes_make_of_them(registry: AsyncClient) -> None:
    seen = await preview(registry, sales_csv() + b"2024-01-03,S0,P0,100,1.5\n")

    rows = {row["date"][:10]: row["sales"] for row in seen["rows"] if row["product"] == "P0"}
    assert rows["2024-01-03"] == 102.0
    assert rows["2024-01-04"] == 3.0


async def test_a_file_without_a_mapping_is_stored_as_its_preview_says(
    registry: AsyncClient,
) -> None:
    content = "Jahr;Monat;Stück\n" + "".join(
        f"{2020 + i // 12};{i % 12 + 1};{i},5\n" for i in range(36)
    )
    content = content.replace("Jahr", "year").replace("Monat", "month")
    seen = await preview(registry, content.encode("cp1252"))

    own = await upload(registry, content.encode("cp1252"), seen["mapping"], name="a")
    guessed = await upload(registry, content.encode("cp1252"), name="b")

    assert (own.status_code, guessed.status_code) == (201, 201)
    assert own.json()["target"] == "Stück"
    assert own.json()["frequency"] == "MS"
    for fact in ("target", "frequency", "gaps", "row_count", "start", "end"):
        assert own.json()[fact] == guessed.json()[fact]
