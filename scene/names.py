"""What mesh, material and overlay must spell alike: the layers a mesh carries for its material."""

SEEN = "seen"  # float attribute on points: 0 invented … 1 seen
DOUBT = "doubt"  # float attribute on points: how far the imagined surfaces lie apart, in the mesh's units
UV_MAP = "UVMap"
PREVIEW_COLOUR = "Photo Colour"  # colour attribute of a coarse mesh
PREVIEW_MATERIAL = "statue_preview"  # custom property that tells a preview's material from the user's own
