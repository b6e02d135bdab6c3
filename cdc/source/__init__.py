"""Where changes come from: a replication slot, read as pgoutput messages."""
