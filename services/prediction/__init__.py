"""Turns a model and recent values into a forecast; owns the history of forecasts.

Models and datasets belong to the registry: they are fetched by digest, kept on disk by digest
and in memory up to a number of bytes. Owns the table `forecasts` and a folder of results.
"""
