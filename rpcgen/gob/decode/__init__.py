"""Functions that decode, as source code; compiled when first needed."""
