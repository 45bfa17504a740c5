from gateway.credentials import resolve_credentials

ATTEMPTS = 2


async def run_embedded_agent(run: dict[str, str]) -> dict[str, object]:  # $ root=attempt
    """One embedded run against a host: attempts it until it answers."""
    failure: Exception = RuntimeError("no attempt")
    for _ in range(ATTEMPTS):
        try:
            return await dispatch_attempt(run)
        except LookupError as error:
            failure = error
    raise failure


async def dispatch_attempt(run: dict[str, str]) -> dict[str, object]:  # $ root=attempt
    """One attempt. The credentials are resolved from scratch each time, on the loop that serves every connection."""
    credentials = resolve_credentials(run["host"])
    return {"session": run["session"], "answer": run["prompt"], "authorised": bool(credentials.token)}
