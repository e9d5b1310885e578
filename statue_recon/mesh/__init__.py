"""From a field to a mesh one can sculpt: extraction, simplification, and the UV atlas."""
