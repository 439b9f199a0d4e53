"""Start the gateway: `python -m gateway`."""

from gateway.settings import GatewaySettings
from shared.kit.serve import serve

if __name__ == "__main__":
    settings = GatewaySettings()
    serve("gateway.main:build", settings.host, settings.port)
