"""Menus as data: read, checked, walked by a caller, tried at a desk."""
