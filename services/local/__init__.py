"""Real servers (Kafka, PostgreSQL, QuestDB) and a whole cluster on this machine, from packages."""
