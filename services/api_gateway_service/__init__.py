"""The one door to the platform: tokens and sessions, rate limits, the log of requests, the way to other services."""
