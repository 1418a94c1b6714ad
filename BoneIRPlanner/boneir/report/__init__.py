"""The written plan: HTML and PDF for the tumour board."""
