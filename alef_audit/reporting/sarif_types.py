"""The objects of SARIF 2.1.0 that are written (OASIS Standard, 27 March 2020), with its names in camel case.

Where GitHub's code scanning asks for less or more than the standard, its documentation decides ("SARIF support for code
scanning").  No text here may be empty: GitHub rejects the whole file.
"""

import msgspec


class Object(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """What all objects have in common: fields that hold their default are left out."""


class Message(Object, frozen=True, kw_only=True):
    text: str
    markdown: str = ""


class Region(Object, frozen=True, kw_only=True):
    start_line: int
    start_column: int = 0
    end_line: int = 0
    end_column: int = 0


class ArtifactLocation(Object, frozen=True, kw_only=True):
    uri: str


class PhysicalLocation(Object, frozen=True, kw_only=True):
    artifact_location: ArtifactLocation
    region: Region | None = None


class LogicalLocation(Object, frozen=True, kw_only=True):
    fully_qualified_name: str
    kind: str = ""


class Location(Object, frozen=True, kw_only=True):
    physical_location: PhysicalLocation
    id: int = -1
    logical_locations: tuple[LogicalLocation, ...] = ()
    message: Message | None = None


class ThreadFlowLocation(Object, frozen=True, kw_only=True):
    location: Location
    importance: str = "important"
    nesting_level: int = -1


class ThreadFlow(Object, frozen=True, kw_only=True):
    locations: tuple[ThreadFlowLocation, ...]


class CodeFlow(Object, frozen=True, kw_only=True):
    thread_flows: tuple[ThreadFlow, ...]


class Suppression(Object, frozen=True, kw_only=True):
    kind: str
    justification: str = ""


class ResultProperties(Object, frozen=True, kw_only=True):
    phase: str
    verdict: str
    confidence: str
    score: float
    root: str


class Result(Object, frozen=True, kw_only=True):
    rule_id: str
    rule_index: int
    kind: str = ""
    level: str
    message: Message
    locations: tuple[Location, ...]
    related_locations: tuple[Location, ...] = ()
    code_flows: tuple[CodeFlow, ...] = ()
    partial_fingerprints: dict[str, str]
    suppressions: tuple[Suppression, ...] = ()
    properties: ResultProperties


class Configuration(Object, frozen=True, kw_only=True):
    level: str = ""


class RuleProperties(Object, frozen=True, kw_only=True):
    tags: tuple[str, ...]
    precision: str
    problem_severity: str = msgspec.field(name="problem.severity")


class Rule(Object, frozen=True, kw_only=True):
    id: str
    name: str
    short_description: Message
    full_description: Message
    help: Message
    help_uri: str = ""
    default_configuration: Configuration
    properties: RuleProperties


class Driver(Object, frozen=True, kw_only=True):
    name: str
    semantic_version: str
    information_uri: str = ""
    rules: tuple[Rule, ...]


class Tool(Object, frozen=True, kw_only=True):
    driver: Driver


class Notification(Object, frozen=True, kw_only=True):
    level: str
    message: Message
    locations: tuple[Location, ...] = ()


class Invocation(Object, frozen=True, kw_only=True):
    execution_successful: bool
    tool_execution_notifications: tuple[Notification, ...] = ()


class AutomationDetails(Object, frozen=True, kw_only=True):
    id: str


class Run(Object, frozen=True, kw_only=True):
    tool: Tool
    automation_details: AutomationDetails
    column_kind: str
    invocations: tuple[Invocation, ...]
    results: tuple[Result, ...]


class Log(Object, frozen=True, kw_only=True):
    schema: str = msgspec.field(name="$schema")
    version: str
    runs: tuple[Run, ...]
