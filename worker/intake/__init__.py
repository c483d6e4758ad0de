"""The way in for mail: how a mail is kept, and the watch over a mailbox."""
