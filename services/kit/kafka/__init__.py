"""How Kafka is reached: what clients are told, the settings that say so, and why no broker lets one in."""
