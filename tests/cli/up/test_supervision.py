"""supervisord's file: what the programs are told, and that it survives odd folders."""

import configparser
import shlex
from pathlib import Path

import pytest

from cli.up.place import occupy
from cli.up.programs import System, plan
from cli.up.supervision import configuration


def planned(folder: Path) -> tuple[System, configparser.RawConfigParser]:
    with occupy(folder, "http://127.0.0.1:8000") as place:
        system = plan(place, "127.0.0.1", 8000)
        parsed = configparser.RawConfigParser()
        parsed.read_string(configuration(place, system.programs))
    return system, parsed


def test_every_program_comes_back_and_takes_its_whole_group_with_it(tmp_path: Path) -> None:
    system, parsed = planned(tmp_path)

    for program in system.programs:
        section = parsed[f"program:{program.name}"]
        assert section["autorestart"] == "true"
        assert section["stopasgroup"] == section["killasgroup"] == "true"
        assert shlex.split(section["command"]) == program.command


def test_only_the_gateway_hears_of_the_public_address(tmp_path: Path) -> None:
    system, _ = planned(tmp_path)

    inner = [p for p in system.programs if p.name in ("registry", "training", "prediction")]
    assert {p.environment["SHELFCAST_HOST"] for p in inner} == {"127.0.0.1"}
    assert "8000" not in {p.environment["SHELFCAST_PORT"] for p in inner}


def test_the_gateway_stops_first_and_valkey_last(tmp_path: Path) -> None:
    system, _ = planned(tmp_path)

    order = [p.name for p in sorted(system.programs, key=lambda p: p.priority)]

    assert (order[0], order[-1]) == ("valkey", "gateway")


def test_a_redis_of_ones_own_is_used_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFCAST_REDIS_URL", "redis://redis.example:6379/0")

    system, _ = planned(tmp_path)

    assert "valkey" not in {program.name for program in system.programs}
    assert system.environment["SHELFCAST_REDIS_URL"] == "redis://redis.example:6379/0"


def test_a_percent_sign_in_the_folder_is_no_placeholder(tmp_path: Path) -> None:
    _, parsed = planned(tmp_path / "50%")

    assert "50%%/logs" in parsed["program:gateway"]["stdout_logfile"]
