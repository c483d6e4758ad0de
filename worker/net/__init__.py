"""Sockets: the relay, the listener, the mailbox, HTTP and DNS."""
