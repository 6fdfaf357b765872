"""How a locator is made: edges from rings, and the cells that they touch."""
