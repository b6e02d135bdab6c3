"""The platform's services, a PostgreSQL database each; what they share lives in `services.kit`."""
