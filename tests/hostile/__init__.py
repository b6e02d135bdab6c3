"""Requests generated from the services' own descriptions: whatever is sent, no service breaks."""
