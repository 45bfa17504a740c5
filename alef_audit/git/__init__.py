"""What git knows of a project, asked for without letting the project run anything."""
