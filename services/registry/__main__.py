"""Runs the registry: `python -m services.registry`."""

from services.registry.settings import RegistrySettings
from shared.kit.serve import serve

if __name__ == "__main__":
    settings = RegistrySettings()
    serve("services.registry.main:build", settings.registry_host, settings.registry_port)
