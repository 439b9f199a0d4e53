"""The command line `shelfcast`: starts the system with `up`, otherwise a client of the API."""
