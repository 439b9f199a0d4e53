"""Guesses what the columns of a file mean, and says how sure it is and why."""
