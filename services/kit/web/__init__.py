"""HTTP as every service speaks it: app factory, errors, correlation, request logs, health, metrics, caller."""
