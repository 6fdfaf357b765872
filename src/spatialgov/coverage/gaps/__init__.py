"""Whether it is covered, uncertain or a gap; gaps with their reasons, and what would close or settle them."""
