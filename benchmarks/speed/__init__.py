"""How fast the forecasting core is, beside its peers: `python -m benchmarks.speed`."""
