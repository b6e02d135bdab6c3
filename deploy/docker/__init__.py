"""The platform in containers: what prepares its database server, and what shows that it works."""
