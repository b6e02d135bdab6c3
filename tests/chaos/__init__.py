"""Faults on one machine, seeded: kills, pauses, cuts, full disks and wrong clocks under load, held against history."""
