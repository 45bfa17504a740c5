from gateway.credentials import session_credentials

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
    """One attempt. The credentials come from the cache of the session; only its first attempt waits for them."""
    credentials = await session_credentials(run["session"], run["host"])
    return {"session": run["session"], "answer": run["prompt"], "authorised": bool(credentials.token)}
