"""Planned against actual: registration, margins, response."""
