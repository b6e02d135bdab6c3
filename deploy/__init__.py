"""Starting the platform's parts, on one machine or in containers."""
