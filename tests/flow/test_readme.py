"""The README's own commands, and what they need: columns that are known ahead."""

import json
import shlex
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.fixtures.running import Client
from tests.flow.shell import QUICK, Shell

pytestmark = pytest.mark.flow
ROOT = Path(__file__).parents[2]
MODEL = "lstm_product_P001"


@pytest.fixture(scope="module")
def shelfcast(system: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Upload and train what both READMEs tell, as they tell it; only the learning is shorter."""
    _forget(system)
    shelfcast = Shell(system.url, tmp_path_factory.mktemp("newcomer"))
    first = date(2024, 1, 1)
    rows = [
        f"{first + timedelta(days=day)},{store},P001,{10 + day % 7},9.9,{int(day % 30 == 0)}"
        for store in ("S001", "S002")
        for day in range(200)
    ]
    header = "date,store_id,product_id,sales,price,promotion"
    (shelfcast.folder / "sales.csv").write_text("\n".join([header, *rows]))
    upload, train, _ = _in_readme("README.md")
    for command in (upload, [*train, *QUICK, "--set", "max_epochs=1"]):
        done = shelfcast(*command)
        assert done.returncode == 0, done.stderr
    yield shelfcast
    _forget(system)


def _forget(system: Client) -> None:
    """Leave nothing of the names that the README uses."""
    if any(model["name"] == MODEL for model in system.get("/models")["items"]):
        system.delete(f"/models/{MODEL}")
    for dataset in system.get("/datasets")["items"]:
        if dataset["name"] == "sales":
            system.delete(f"/datasets/{dataset['id']}", force=True)


def _in_readme(name: str) -> list[list[str]]:
    """Return the three commands that bring a newcomer's own data to a forecast."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    program = ".venv/bin/shelfcast "
    return [shlex.split(line.removeprefix(program)) for line in lines if line.startswith(program)]


def test_the_commands_of_the_readme_lead_to_a_forecast(shelfcast: Shell) -> None:
    upload, train, predict = _in_readme("README.md")
    assert [upload[0], train[0], predict[0]] == ["upload", "train", "predict"]
    assert _in_readme("README.zh-CN.md") == [upload, train, predict]

    done = shelfcast(*predict)

    assert done.returncode == 0, done.stderr
    assert len((shelfcast.folder / "forecast.csv").read_text().splitlines()) == 1 + 28


def test_a_column_known_ahead_is_asked_for_and_can_be_given_as_a_file(shelfcast: Shell) -> None:
    predict = ("predict", MODEL, "--series", "store_id=S002,product_id=P001")
    lacking = shelfcast(*predict, "--horizon", "2", "--fill", "promotion=zero")
    assert lacking.returncode == 1
    assert "'price' of store_id S002, product_id P001 on 2024-07-19" in lacking.stderr

    plan = ["date,store_id,product_id,sales,price,promotion"]
    plan += [f"2024-07-{day},S002,P001,,12.5,0" for day in (19, 20)]
    (shelfcast.folder / "plan.csv").write_text("\n".join(plan))
    planned = shelfcast(*predict, "--horizon", "2", "--future", "plan.csv", "-o", "planned.json")

    assert planned.returncode == 0, planned.stderr
    forecast = json.loads((shelfcast.folder / "planned.json").read_text())
    assert [row["price"] for row in forecast["request"]["future"]] == ["12.5", "12.5"]
