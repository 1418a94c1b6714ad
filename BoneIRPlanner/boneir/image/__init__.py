"""DICOM and NIfTI to one geometry, resampling, distance fields."""
