"""The commands of ``boneir``, one verb a file: each reads its options, calls the library and says what came of it."""
