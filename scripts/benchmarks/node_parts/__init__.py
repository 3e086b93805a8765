"""What `node.py` is made of."""
