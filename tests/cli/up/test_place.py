"""The data folder: usable, private, and of one instance only."""

from pathlib import Path

import pytest

from cli.up.place import LONGEST_SOCKET, occupy
from shared.kit.errors import Conflict

ADDRESS = "http://127.0.0.1:8000"


def test_the_data_folder_is_made_with_everything_in_it(tmp_path: Path) -> None:
    with occupy(tmp_path / "new" / "data", ADDRESS) as place:
        assert place.logs.is_dir()
        assert place.valkey_data.is_dir()
        assert place.run.stat().st_mode & 0o777 == 0o700


def test_a_second_instance_is_refused_with_the_address_of_the_first(tmp_path: Path) -> None:
    with (
        occupy(tmp_path, ADDRESS),
        pytest.raises(Conflict, match=ADDRESS),
        occupy(tmp_path, "http://127.0.0.1:9000"),
    ):
        pass


def test_a_folder_is_free_again_after_its_instance_has_ended(tmp_path: Path) -> None:
    with occupy(tmp_path, ADDRESS):
        pass

    with occupy(tmp_path, ADDRESS) as place:
        assert place.data == tmp_path.resolve()


def test_a_file_in_place_of_the_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")

    with (
        pytest.raises(Conflict, match=r"cannot be written to.*SHELFCAST_DATA"),
        occupy(file, ADDRESS),
    ):
        pass


def test_a_folder_on_a_read_only_filesystem_is_refused() -> None:
    with (
        pytest.raises(Conflict, match="cannot be written to"),
        occupy(Path("/proc/shelfcast"), ADDRESS),
    ):
        pass


@pytest.mark.parametrize("name", ["x" * 120, "a b", "50%", "it's"])
def test_sockets_lie_elsewhere_where_the_path_is_too_long_or_odd(tmp_path: Path, name: str) -> None:
    with occupy(tmp_path / name, ADDRESS) as place:
        assert len(str(place.supervisor_socket)) <= LONGEST_SOCKET
        assert name not in str(place.run)
        run = place.run

    assert not run.exists()
