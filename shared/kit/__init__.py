"""What every service is built from: app, errors, database, queue, events, storage, settings."""
