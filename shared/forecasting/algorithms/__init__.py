"""One file is one algorithm: its file name is its name in the API and in the web form.

Operators may add a folder of their own with SHELFCAST_ALGORITHMS; its files run as code, so it
must be as trusted as the program itself.
"""

import os
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

VARIABLE = "SHELFCAST_ALGORITHMS"


def discover() -> None:
    """Import every algorithm, so that each enters the register.

    Raises:
        NotADirectoryError: SHELFCAST_ALGORITHMS names no folder.
    """
    extra = os.environ.get(VARIABLE, "").strip()
    if extra:
        folder = Path(extra)
        if not folder.is_dir():
            raise NotADirectoryError(f"{VARIABLE}={extra!r} is not a folder.")
        if str(folder) not in __path__:
            __path__.append(str(folder))
    for module in sorted(iter_modules(__path__), key=lambda found: found.name):
        import_module(f"{__name__}.{module.name}")
