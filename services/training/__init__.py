"""Training: turns a dataset and an algorithm into a model.

Owns tasks and their events: the API stores and queues them, the worker gives each to a runner
process of its own and writes down what became of it, the runner alone imports torch. Datasets and
models belong to the registry.
"""
