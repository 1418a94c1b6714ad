"""Effects of Slicer's segment editor. Slicer loads each file by its path, under the name of this folder."""
