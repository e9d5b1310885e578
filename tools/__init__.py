"""What developers run: building the zip, setting up Blenders to test in, making the README's picture."""
