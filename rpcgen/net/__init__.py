"""Operating-system helpers of both APIs: sockets, and the adaptive spin before a thread sleeps."""
