"""A program as supervisord's child: the kernel ends it with supervisord, from its first moment.

It asks for that before anything slow is loaded, then becomes the program itself.
"""

import os
import sys

from shared.kit.process import die_with_parent

SUPERVISOR = "SHELFCAST_SUPERVISOR"


def main(command: list[str]) -> None:
    """Become `command`."""
    die_with_parent(int(os.environ[SUPERVISOR]))
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
