"""The command line against the real system: what it prints, writes and returns."""

import json
from collections.abc import Iterator

import pytest

from tests.fixtures.running import Client
from tests.flow.shell import QUICK, Shell

pytestmark = pytest.mark.flow
SIZES = ("--stores", "2", "--products", "2", "--days", "200")


@pytest.fixture(scope="module")
def shelfcast(system: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(system.url, tmp_path_factory.mktemp("shell"))
    made = shell("sample", "--name", "from the shell", *SIZES)
    assert made.returncode == 0, made.stderr
    yield shell
    for dataset in system.get("/datasets")["items"]:
        if dataset["name"] == "from the shell":
            system.delete(f"/datasets/{dataset['id']}", force=True)


def test_train_follow_predict_and_write_files(shelfcast: Shell) -> None:
    trained = shelfcast(
        "train", "from the shell", "lstm", "--product", "P001", "--follow",
        "--horizon", "7", *QUICK, "--set", "max_epochs=2",
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    assert "epoch 2/2" in trained.stdout
    assert "lstm_product_P001" in trained.stdout

    table = shelfcast("predict", "lstm_product_P001", "--series", "store_id=S001,product_id=P001")
    assert table.returncode == 0, table.stderr
    assert "90.0%" in table.stdout

    for ending in ("csv", "json", "xlsx", "parquet"):
        written = shelfcast("predict", "lstm_product_P001", "-o", f"forecast.{ending}")
        assert written.returncode == 0, written.stderr
        assert (shelfcast.folder / f"forecast.{ending}").stat().st_size > 0
    forecast = json.loads((shelfcast.folder / "forecast.json").read_text())
    assert len(forecast["series"]) == 2

    assert "lstm_product_P001" in shelfcast("models").stdout
    assert "succeeded" in shelfcast("tasks").stdout
    assert json.loads(shelfcast("tasks", "--json").stdout)[0]["status"] == "succeeded"


def test_a_file_is_uploaded_with_its_columns_named(shelfcast: Shell, system: Client) -> None:
    rows = [f"2024-{month:02}-{day:02},A,{day}" for month in range(1, 4) for day in range(1, 29)]
    (shelfcast.folder / "sales.csv").write_text("\n".join(["day,shop,sold", *rows]))

    done = shelfcast("upload", "sales.csv", "--date", "day", "--target", "sold", "--id", "shop")

    assert done.returncode == 0, done.stderr
    assert "1 series" in done.stdout
    [dataset] = [d for d in system.get("/datasets")["items"] if d["name"] == "sales"]
    system.delete(f"/datasets/{dataset['id']}")


def test_a_refusal_names_the_field_and_ends_with_an_error(shelfcast: Shell) -> None:
    done = shelfcast("train", "from the shell", "lstm", "--set", "hidden_size=100000")

    assert done.returncode == 1
    assert "hyperparameters.hidden_size" in done.stderr
    assert "Traceback" not in done.stderr


def test_following_a_cancelled_task_ends_with_an_error(shelfcast: Shell, system: Client) -> None:
    started = shelfcast(
        "train", "from the shell", "lstm", *QUICK, "--horizon", "7",
        "--set", "max_epochs=1000", "--set", "patience=1000",
    )  # fmt: skip
    assert started.returncode == 0, started.stderr
    task = system.get("/tasks")["items"][0]["id"]

    assert shelfcast("cancel", task).returncode == 0
    followed = shelfcast("tasks", task, "--follow")

    assert followed.returncode == 1
    assert "cancelled" in followed.stderr
