"""A person looks at every object of a collection, in the browser, and says keep, drop or unsure."""
