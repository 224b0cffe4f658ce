"""Durable calls: kept by a queue of NATS JetStream until a worker has carried them out."""
