"""`python -m shared.forecasting.catalogue` prints every algorithm as one JSON document."""

import json
import sys

from shared.forecasting.listing import catalogue

if __name__ == "__main__":
    json.dump(catalogue(), sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
