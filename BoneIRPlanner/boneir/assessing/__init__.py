"""The parts of an assessment: each file knows one thing that follows from a treatment."""
