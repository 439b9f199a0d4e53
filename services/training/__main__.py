"""Start the training service: `python -m services.training`."""

from services.training.settings import TrainingSettings
from shared.kit.serve import serve

if __name__ == "__main__":
    settings = TrainingSettings()
    serve("services.training.main:build", settings.training_host, settings.training_port)
