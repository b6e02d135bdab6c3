"""What every service has to fulfil alike."""
