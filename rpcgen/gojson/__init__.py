"""Go's ``encoding/json`` in Python: values of a schema to JSON text, and back."""
