"""Start the prediction service: `python -m services.prediction`."""

from services.prediction.settings import PredictionSettings
from shared.kit.serve import serve

if __name__ == "__main__":
    settings = PredictionSettings()
    serve(
        "services.prediction.main:build",
        settings.prediction_host,
        settings.prediction_port,
        needs=("pandas", "rich", "pygments"),  # the libraries of the algorithms may
    )
