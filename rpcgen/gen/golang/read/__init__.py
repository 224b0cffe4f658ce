"""Go source, read: the services in it and the types that they use."""
