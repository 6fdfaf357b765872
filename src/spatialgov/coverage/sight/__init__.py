"""What cameras see among the buildings, exactly: isovists, shadows of roofs, lines of sight, and their union."""
