"""PostgreSQL as every service uses it: models' conventions, engine, unit of work, metrics and what its errors mean."""
