"""Ray casts and rasterising on NVIDIA Warp, on the CPU and on CUDA."""
