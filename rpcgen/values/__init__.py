"""Values, types and limits as every codec sees them, whatever its bytes look like."""
