"""Will the bone hold: clinical scores, rigidity, screw corridors."""
