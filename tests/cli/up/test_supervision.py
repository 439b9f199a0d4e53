"""supervisord's file: what the programs are told, and that it survives odd folders."""

import configparser
import shlex
from pathlib import Path

import pytest

from cli.up.place import occupy
from cli.up.programs import System, plan
from cli.up.supervision import CHILD, configuration


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
        assert shlex.split(section["command"]) == [*CHILD, *program.command]


def test_inner_services_stay_on_loopback_whatever_the_gateway_does(tmp_path: Path) -> None:
    with occupy(tmp_path, "http://127.0.0.1:8000") as place:
        programs = plan(place, "0.0.0.0", 8000).programs

    told = {name: value for p in programs for name, value in p.environment.items()}
    hosts = {name: value for name, value in told.items() if name.endswith("_HOST")}
    assert hosts.pop("SHELFCAST_HOST") == "0.0.0.0"
    assert set(hosts.values()) == {"127.0.0.1"}
    assert len(hosts) == 3


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
