"""HTTP handlers, one file a resource. Only `worker.hub_server` imports them; none of them opens a connection."""
