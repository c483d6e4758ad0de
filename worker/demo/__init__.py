"""The demo: the real worker with a made-up shop, a mail sink for a relay, a mailbox to look at, and sample sales."""
