"""Bundles that leave the house: golden images, checks, packages, exports, handing on; foreign weights made a bundle."""
