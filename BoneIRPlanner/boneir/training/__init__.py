"""The synthetic patient, implanted lesions, practice and scores."""
