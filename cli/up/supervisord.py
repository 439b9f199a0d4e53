"""supervisord as our child: the kernel ends it, and through it everything, when we are gone."""

import os
import sys

from supervisor.supervisord import main as supervisord

from cli.up.child import SUPERVISOR
from shared.kit.process import die_with_parent


def main(configuration: str, parent: int) -> None:
    """Run supervisord in the foreground on a configuration file."""
    die_with_parent(parent)
    os.environ[SUPERVISOR] = str(os.getpid())
    supervisord(["--nodaemon", "--silent", "--configuration", configuration])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
