"""Write `.env` with random passwords for docker-compose.yml; one that is there already stays.

Usage: python tools/containers_env.py [FILE]
"""

import os
import secrets
import sys
from pathlib import Path

NAMES = ("POSTGRES", "REGISTRY_DB", "TRAINING_DB", "PREDICTION_DB", "VALKEY")
ENV = Path(__file__).resolve().parent.parent / ".env"


def main() -> None:
    """Make the file, readable by its owner only."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ENV
    if file.exists():
        return
    file.parent.mkdir(exist_ok=True)
    lines = [f"{name}_PASSWORD={secrets.token_hex(24)}\n" for name in NAMES]
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.writelines(lines)


if __name__ == "__main__":
    main()
