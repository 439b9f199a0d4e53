"""Turns columns into a regular, checked panel; knows files only by their columns."""
