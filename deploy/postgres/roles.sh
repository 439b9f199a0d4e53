#!/bin/bash
# One role and one schema per service; none can see another's.
set -eu
for service in registry training prediction; do
  variable="${service^^}_DB_PASSWORD"
  psql -v ON_ERROR_STOP=1 -v password="${!variable}" -U "${POSTGRES_USER:-postgres}" -d "$POSTGRES_DB" <<SQL
CREATE ROLE $service LOGIN PASSWORD :'password';
CREATE SCHEMA $service AUTHORIZATION $service;
GRANT CONNECT ON DATABASE "$POSTGRES_DB" TO $service;
SQL
done
psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d "$POSTGRES_DB" -c 'REVOKE ALL ON SCHEMA public FROM PUBLIC'
