"""Follows imports into installed packages: node_modules, virtual environments, folders that the user names."""
