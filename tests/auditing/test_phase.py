"""What makes a path the auth phase: work done for authentication, not a word somewhere above it."""

import pytest

from alef_audit.auditing.phase import Lexicon, Step, split_words
from alef_audit.rulepack.load import bundled_rules, load_rulepack

LEXICON = Lexicon(load_rulepack([bundled_rules()]).lexicon.auth, load_rulepack([bundled_rules()]).lexicon.tests)


def words(*path: str, handler: bool = True) -> tuple[str, ...]:
    """The words of a path of `function{call}` steps."""
    steps = [Step(*step.removesuffix("}").split("{", 1)) if "{" in step else Step(step, "") for step in path]
    return LEXICON.phase_words(steps, handler=handler)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("runAttempt", "resolveAuthProfileOrder", "loadManifest", "readText{fs.readFileSync}"), ("auth",)),
        (("runAttempt", "CredentialStore.load", "readText", "parse{fs.readFileSync}"), ("credential",)),
        (("login{db.query}",), ("login",)),
        (("login", "findUser{db.query}"), ("login",)),
        (("runAttempt", "connect{this.authStore.readSync}"), ("auth",)),
        (("runAttempt", "OAuthClient.dispatch{fs.readFileSync}"), ()),
        (('handlers["models.authStatus"]', "readText{fs.readFileSync}"), ("auth",)),
        (("runAttempt", "clearToken{fs.unlinkSync}"), ()),
        (("runAttempt", "delete_api_key{db.delete}"), ("api key",)),
        (("runAttempt", "loadTokens", "x.map callback", "y{fs.readFileSync}"), ("load tokens",)),
    ],
)
def test_work_for_authentication(path: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert words(*path) == expected


@pytest.mark.parametrize(
    "path",
    [
        ("login", "handle", "Groups.sync", "save{db.execute}"),  # what a request is for, far above the call
        ('app.post("/set/credentials") callback', "withTab", "launch", "decorate{fs.writeFileSync}"),
        ("AuthMiddleware.dispatch", "render", "load{fs.readFileSync}"),  # the class of what passes on
        ("update", "AuthsTable.update_email", "UsersTable.find", "first{db.first}"),  # another class
        ("remove_user", "Auths.delete_auth_by_id", "Users.remove", "Chats.purge{db.delete}"),  # administration
        ("onMessage", "authorizeSender", "logVerbose", "buildLogger{fs.mkdirSync}"),  # what all work does
        ("onMessage", "checkCredentials", "RateLimiter.hit", "bump{redis.incr}"),
        ("onMessage", "checkSsoRateLimit", "Cache.increment{cache.set}"),
        ("step_user", "Flow.store_credentials", "report_usage", "Frame.line{linecache.getline}"),
        ("onMessage", "countTokens{fs.readFileSync}"),
        ("onMessage", "reloadRequiresAuth", "setup{fs.readFileSync}"),
        ("onMessage", "readAuthor{fs.readFileSync}"),
        ("onMessage", "runLoginShell{execFileSync}"),
        ("onMessage", "resolveSessionKey{fs.readFileSync}"),
    ],
)
def test_other_work(path: tuple[str, ...]) -> None:
    assert words(*path) == ()


def test_the_name_of_a_timer_or_a_coroutine_says_what_it_does() -> None:
    assert words("refreshCredentials", "a", "b", "c{fs.readFileSync}", handler=False) == ("credentials",)


def test_words_of_names() -> None:
    assert split_words("readOAuthToken_v2") == ("read", "oauth", "token", "v2")
    assert words("onMessage", "log_in", "a", "b{db.query}") == ("log in",)
    assert LEXICON.words_of("verify_signature") == ("verify signature",)
