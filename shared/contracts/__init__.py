"""What services say to each other and to clients: pydantic shapes, no behaviour, no I/O."""
