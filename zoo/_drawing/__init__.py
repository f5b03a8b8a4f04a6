"""Draw documents: dependency trees, entities and groups of spans."""
