"""What the energy does: devices, zones, tissue damage."""
