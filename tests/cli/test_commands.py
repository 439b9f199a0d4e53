"""The commands from outside: one clear line and an exit status, never a traceback."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app

COMMANDS = (
    ["sample"],
    ["datasets"],
    ["train", "sales", "lstm"],
    ["algorithms"],
    ["tasks"],
    ["cancel", "00000000-0000-4000-8000-000000000000"],
    ["repeat", "00000000-0000-4000-8000-000000000000"],
    ["models"],
    ["predict", "lstm_global"],
)


def shelfcast(*arguments: str, url: str = "http://127.0.0.1:9") -> Result:
    return CliRunner().invoke(app, arguments, env={"SHELFCAST_URL": url, "COLUMNS": "200"})


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_server_that_is_down_gets_one_line_that_says_what_to_do(command: list[str]) -> None:
    result = shelfcast(*command)

    assert result.exit_code == 1
    assert "Shelfcast does not answer at http://127.0.0.1:9" in result.output
    assert "shelfcast up" in result.output
    assert "Traceback" not in result.output


def test_a_file_that_is_not_there_is_named() -> None:
    result = shelfcast("upload", "missing.csv")

    assert result.exit_code == 1
    assert "missing.csv: No such file" in result.output


def test_a_value_out_of_range_is_refused_before_it_is_sent() -> None:
    result = shelfcast("sample", "--days", "1")

    assert result.exit_code == 1
    assert "days" in result.output
    assert "greater than or equal to 60" in result.output


def test_half_a_mapping_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("date,sales\n")

    result = shelfcast("upload", str(file), "--date", "date")

    assert result.exit_code == 1
    assert "--target" in result.output


def test_an_output_of_an_unknown_kind_is_refused_before_anything_is_asked() -> None:
    result = shelfcast("predict", "lstm_global", "--output", "forecast.pdf")

    assert result.exit_code == 1
    assert ".csv" in result.output


def test_an_address_without_a_scheme_is_refused() -> None:
    result = shelfcast("models", url="localhost:8000")

    assert result.exit_code == 2
    assert "http://" in result.output


def test_up_refuses_a_busy_port_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]

        result = shelfcast("up", "--port", str(port), "--data", str(tmp_path / "data"))

    assert result.exit_code == 1
    assert f"Port {port} is in use" in result.output


def test_up_refuses_a_port_that_is_no_number(tmp_path: Path) -> None:
    environment = {"SHELFCAST_PORT": "web", "SHELFCAST_DATA": str(tmp_path)}

    result = CliRunner().invoke(app, ["up"], env=environment)

    assert result.exit_code == 2
    assert "SHELFCAST_PORT" in result.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"day,store_id,price\n2026-01-01,S001,9.9\n", "must have a column `date`"),
        (b"date,store_id,price\n", "must have a column `date`"),
        (b"date,store_id\n2026-01-01,S001,9.9\n", "more cells than its first line"),
        (b"\xff\xfe\x00", "is not a CSV file in UTF-8"),
    ],
)
def test_a_future_that_cannot_be_read_is_refused_before_anything_is_asked(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "plan.csv"
    file.write_bytes(content)

    result = shelfcast("predict", "lstm_global", "--future", str(file))

    assert result.exit_code == 1
    assert said in result.output


def test_a_fill_policy_that_does_not_exist_is_refused_with_those_that_do() -> None:
    result = shelfcast("predict", "lstm_global", "--fill", "price=median")

    assert result.exit_code == 1
    assert "fill.price" in result.output
    assert "'last', 'zero' or 'mean'" in result.output
