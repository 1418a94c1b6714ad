"""Qt: the widgets of the Slicer modules. The only package that imports qt and ctk."""
