"""Changes that ClickHouse refuses: parked with all they are, so that everything else flows on, and stored later."""
