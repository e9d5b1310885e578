"""Running jobs without touching bpy: the folder, the queue and its thread, the worker, the engine's environment."""
