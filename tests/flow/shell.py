"""`shelfcast` as a person runs it, in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

QUICK = ("--set", "hidden_size=8", "--set", "batches_per_epoch=3", "--context", "28")


class Shell:
    """Runs `shelfcast` as a person would."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        self._environment = {**os.environ, "SHELFCAST_URL": url, "COLUMNS": "160"}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from cli.main import app; app()", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
