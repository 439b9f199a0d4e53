"""Write gateway/openapi.json, the one document of the whole API: `python -m tools.openapi`.

The services are built but not started, so that nothing has to run.
"""

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from gateway.main import build_own
from gateway.openapi import events_document, merge
from gateway.settings import GatewaySettings
from gateway.upstreams import Upstreams
from shared.kit.app import VERSION

SERVICES = ("registry", "training", "prediction")
FILE = Path(__file__).resolve().parent.parent / "gateway" / "openapi.json"


def document() -> str:
    """Return the document as it should stand in the file."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHELFCAST_DATA"] = folder
        documents = {name: _of_service(name) for name in SERVICES}
        settings = GatewaySettings()
        own = build_own(settings, Upstreams(settings)).openapi()
    merged = merge({**documents, "gateway": own, "events": events_document()}, VERSION)
    return json.dumps(merged, indent=1, ensure_ascii=False) + "\n"


def _of_service(name: str) -> dict[str, Any]:
    app = importlib.import_module(f"services.{name}.main").build()
    described: dict[str, Any] = app.openapi()
    return described


def main() -> None:
    """Write the file, whole or not at all."""
    try:
        text = document()
    except ValueError as error:
        sys.exit(f"The services' documents do not fit together: {error}.")
    part = FILE.with_suffix(".part")
    part.write_text(text)
    part.replace(FILE)


if __name__ == "__main__":
    main()
