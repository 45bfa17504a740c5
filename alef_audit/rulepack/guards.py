"""`rules/guards.toml`: guards that programs write by hand, their words and their forms.

The forms are the documentation of what is recognised, and its tests: every form is audited and gives its verdict.
"""

from typing import Literal

import msgspec

from alef_audit.rulepack.kinds import GuardKind, Verdict


class GuardWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Vocabulary of tests and keys: parts of names, split at case and underscore boundaries, in lower case."""

    now: tuple[str, ...]  # the present time, as written
    expiry: tuple[str, ...]  # a time that the thing itself carries: until when a token is valid
    stale: tuple[str, ...]  # true of what has to be made anew
    fresh: tuple[str, ...]  # true of what may be used again
    lapsed: tuple[str, ...]  # true of what has to be renewed
    valid: tuple[str, ...]  # true of what has not
    renewing: tuple[str, ...]  # verbs of a call that does so
    differs: tuple[str, ...]  # true of two things that are not alike: what is kept, and what is asked for
    alike: tuple[str, ...]  # true of two things that are
    stamp: tuple[str, ...]  # what tells one version of a file from the next
    session: tuple[str, ...]  # keys and holders that outlive one dispatch
    dispatch_keys: tuple[str, ...]  # whole names, in snake case, of keys that every dispatch has anew
    dispatch: tuple[str, ...]  # holders that every dispatch has anew
    process: tuple[str, ...]  # holders that live as long as the program
    cache: tuple[str, ...]  # names of things that are kept on purpose
    present: tuple[str, ...]  # functions and methods that ask whether there is a file
    creates: tuple[str, ...]  # those that make one, at the path that they are handed first or that they are methods of
    opens: tuple[str, ...]  # those that make one if the mode says so
    removes: tuple[str, ...]  # those that take one away
    fleeting: tuple[str, ...]  # in names of what is new each time
    record_bases: tuple[str, ...]  # library classes that make a class of the program a record, by their last name
    test_variables: tuple[str, ...]  # environment variables that only test runs set, as globs
    product_variables: tuple[str, ...]  # those among them that are set in production all the same, as globs
    stage_variables: tuple[str, ...]  # environment variables that name the stage a program runs in
    test_flags: tuple[str, ...]  # words in a row by which what is handed on tells of a test run
    test_stages: tuple[str, ...]  # their values in test runs
    test_modules: tuple[str, ...]  # Python modules that only test runs import
    failure: tuple[str, ...]  # what a call speaks of that tells somebody of a failure
    telling: tuple[str, ...]  # what else such a call may be named after: what it does with it
    undoing: tuple[str, ...]  # in the name of a call that takes back what was begun
    asking: tuple[str, ...]  # verbs of a call that looks for something
    loading: tuple[str, ...]  # verbs of a call that fetches something
    making: tuple[str, ...]  # verbs of a call that makes what was not found, or of a function that is there to make one
    preparing: tuple[str, ...]  # verbs of a call that makes what was not found, so that it can be worked with
    linking: tuple[str, ...]  # words between the nouns of a name
    ensuring: tuple[str, ...]  # those of `preparing` that leave behind what every later dispatch finds
    mending: tuple[str, ...]  # verbs of a call that puts right what is stored, where that is needed
    migrating: tuple[str, ...]  # the same, of what earlier versions left behind
    former: tuple[str, ...]  # in the names of what they left
    altered: tuple[str, ...]  # in the name of a variable that tells whether something had to be put right
    schema: tuple[str, ...]  # what tells which version of a program stored something
    passing: tuple[str, ...]  # verbs whose participle tells of a state that comes and goes, or of a thing that is new
    advancing: tuple[str, ...]  # in names of what makes of stored data something that differs from it each time
    moves: tuple[str, ...]  # functions that give the file at their first argument the path that is their second
    copies: tuple[str, ...]  # those that make the file that is their second argument from the first
    new: tuple[str, ...]  # what every dispatch brings anew: looked for to see whether it came before


class GuardForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One form: a function `answer` that comes to a blocking call, and what the guard before it is worth."""

    id: str
    language: Literal["typescript", "python"]
    title: str
    verdict: Verdict
    code: str
    guard: GuardKind | Literal[""] = ""  # what the path crosses; "" for nothing that counts
    why: str = ""  # for forms that look like a guard and are none, or half of one


class Around(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What makes a program of a form: the blocking work before it, an entry point that runs `answer` behind it."""

    language: Literal["typescript", "python"]
    before: str
    after: str


class HandGuards(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: GuardWords
    around: tuple[Around, ...]
    form: tuple[GuardForm, ...]
