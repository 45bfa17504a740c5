"""`python -m alef_audit` is the command `audit`."""

from alef_audit.cli.main import main

if __name__ == "__main__":
    main()
