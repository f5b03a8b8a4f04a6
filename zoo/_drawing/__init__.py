"""Draw pictures: documents with trees, entities and spans, and learning curves."""
