"""Functions that encode, as source code; compiled when first needed."""
