"""MRML: cases and plans to nodes and back. The only package that imports slicer."""
