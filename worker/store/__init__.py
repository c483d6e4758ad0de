"""All SQL, on SQLite and PostgreSQL alike: the engine, named queries, migrations, and one module a noun."""
