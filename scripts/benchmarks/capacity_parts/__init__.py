"""What `capacity.py` multiplies, and what it measures itself."""
