"""Pictures of the objects of a collection, from known cameras: by Blender, or by our own fast path."""
