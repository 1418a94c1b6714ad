"""Outlines from the image and from others: body, bone, canal, organs, lesions."""
