"""Write `.env` with random passwords for docker-compose.yml; one that is there already stays."""

import os
import secrets
from pathlib import Path

NAMES = ("POSTGRES", "REGISTRY_DB", "TRAINING_DB", "PREDICTION_DB", "VALKEY")
ENV = Path(__file__).resolve().parent.parent / ".env"


def main() -> None:
    """Make the file, readable by its owner only."""
    if ENV.exists():
        return
    lines = [f"{name}_PASSWORD={secrets.token_hex(24)}\n" for name in NAMES]
    handle = os.open(ENV, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.writelines(lines)


if __name__ == "__main__":
    main()
