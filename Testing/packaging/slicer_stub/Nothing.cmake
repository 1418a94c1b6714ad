# An extension's packaging has nothing to do in a stub.
