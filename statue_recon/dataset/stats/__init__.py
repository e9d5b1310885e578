"""What a collection holds, in numbers and as a page."""
