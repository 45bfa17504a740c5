"""Stands for the keychain's own command line, which takes its time to answer."""

import sys
import time

if __name__ == "__main__":
    time.sleep(0.3)
    print(f"password of {sys.argv[1]}")
