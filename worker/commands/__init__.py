"""What each `letterkey` command does, one file a noun; `worker.cli` is their table."""
