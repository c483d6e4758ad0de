"""One verb, one database transaction: each takes the open transaction first and leaves ending it to its caller."""
