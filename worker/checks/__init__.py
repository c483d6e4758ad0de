"""What `letterkey check` tries, one file an area: each looks at one thing in the world, and changes nothing there."""
