"""Bundles that leave the house: golden images, their check, exports, foreign weights made a bundle."""
