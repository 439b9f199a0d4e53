"""The registry keeps what others make: datasets, models, their versions, aliases and blobs.

It owns the tables of the schema `registry` and the folder of blobs. It knows no torch: to it, a
model is a name, figures and files.
"""
