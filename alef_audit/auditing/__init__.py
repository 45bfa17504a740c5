"""Pattern matching, ranking, fix points, fingerprints: from reachability to findings to an `AuditReport`."""
