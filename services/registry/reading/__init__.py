"""Reads files as people have them into columns; knows no roles and no datasets."""
