"""What a running capture tells whoever watches it: metrics, and whether its streams go on."""
