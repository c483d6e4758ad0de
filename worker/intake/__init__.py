"""The way in: mails and events kept and understood, providers asked for what is missing, the watch over a mailbox."""
