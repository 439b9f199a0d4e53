"""Generates sample datasets that behave like real ones: the same for the same request.

They are drawn from a random generator with the request's seed. Nothing in them was measured.
"""
