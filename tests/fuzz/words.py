"""Words of languages and formats, and names that the tool gives a meaning of its own."""

from typing import Final


def _words(text: str) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in text.split())


# What facts use for what no source can spell, names that all objects own, and names with a meaning.
_RESERVED: Final = (
    *(b"'*'", b"'[]'", b"'<any>'", b"'()'", b"'(0)'", b"'(whole)'", b"'(returned)'", b"'get x'", b"'<sent>'", b"''"),
    *(b"'<instance>'", b"'[Symbol.iterator]'", b"'a b'", b"'#a'", b"'a.b'", b"'\\u2028'", b"'\\ud800'", b"'\\x00'"),
    *_words(
        "__proto__ constructor prototype hasOwnProperty toString __init__ __call__ __getattr__ __class__ self this"
    ),
    *_words("arguments super exports module require globals vars getattr setattr eval import_module readFileSync"),
)
_PUNCTUATION: Final = _words("( ) { } [ ] < > ; , . : = ? ! ` ' \" @ # / * + - % & | ^ ~ $ \\ => ... ?. == === << >>>")
_COMMENTS: Final = (b"audit: ignore[035] x", b"audit: hot", b"audit: ignore[", b"audit:", b"\n", b"  ", b"\t")
ECMASCRIPT: Final = (
    *_PUNCTUATION,
    *_RESERVED,
    *(b"// " + one for one in _COMMENTS),
    *(b"/* " + one + b" */" for one in _COMMENTS),
    *_words("abstract as async await break case catch class const continue debugger declare default delete do else"),
    *_words("enum export extends false finally for from function get global if implements import in infer instanceof"),
    *_words(
        "interface is keyof let module namespace new null of override private readonly return satisfies set static"
    ),
    *_words("switch symbol this throw true try type typeof undefined unique unknown using var void while with yield"),
    *_words("import('./a') typeof(import('./a')) export*from'./a' require('fs') new.target import.meta <a> </a> <></>"),
    *_words("setImmediate(r) process.platform x??=f() #p 0n /a/g @a() a!.b <const> ?? || && |> ;; {}.x ()=>{} `${"),
    *_words("readFileSync('a') execFileSync Object.assign Object.defineProperty(exports,'a',{get(){}}) f.call(this)"),
)
PYTHON: Final = (
    *_PUNCTUATION,
    *_RESERVED,
    *(b"# " + one for one in _COMMENTS),
    *_words("False None True and as assert async await break class continue def del elif else except finally for from"),
    *_words("global if import in is lambda nonlocal not or pass raise return try while with yield match case type"),
    *_words(
        ":= -> ** // @a f'{ }' rf'' b'' ''' \"\"\" *args **kwargs import\ta from\t.\timport\t* if: try: else: yield"
    ),
    *_words("await\tf() time.sleep(1) open('a') asyncio.run(f()) @property @classmethod @lru_cache super() type(a)"),
    *_words(
        "functools.partial(f) [*a] {**a} a[:] a[...] print\ta exec\t'a' ` <> 0o7 1j 0x lambda:0 (yield) __all__=['a']"
    ),
)
JSON: Final = (
    *_words('{ } [ ] : , null true false "" "a" {} [] 0 -1 1e999 1.5 NaN Infinity // /* */ \' {"a":1} "\\ud800" "*"'),
    *_words(
        '"./*" "../../../../etc/passwd" "/etc/passwd" "file:///a" "C:\\\\a" "." "./" "//" "a/../b" "\\u0000" "~/a"'
    ),
    *_words('"main" "exports" "extends" "paths" "error" "open" "discharged" "alef-audit/v1" "\\u001b[31m" "\\u202e"'),
    *(b'"' + b"a" * 5_000 + b'"', b'"a\nb"', b'"\xff"'),
)
TOML: Final = (
    *_words('[ ] [[ ]] = . , " \' """ { } # true false 1 -1 1.5 inf nan 1979-05-27 07:32:00 0xff "" "a" [] [""] ["*"]'),
    *_words("1979-05-27T07:32:00Z 9999999999999999999999 a.b = kind members path cost form of runs versions sink root"),
    *_words('"Member[a]" "Argument[0]" "ReturnValue.Awaited" "Argument[" "<2" ">=1||x" "(" "[a-" "**/" "!" "\\u0000"'),
    *_words(
        '"../.." "/" "~" "a/../.." "blocking.auth" "request" "error" "note" "off" "offload.worker" "(?:a*)*" "\\\\"'
    ),
    *(b"[[sink]]\n", b"[[root]]\n", b"[[guard]]\n", b"[library]\n", b"a = 1\n", b"\n", b'"' + b"a" * 5_000 + b'"'),
    *(b"'" + b"(a{1000}){1000}" + b"'", b"99999999999999999999999999", b"0000-00-00", b"1e400", b"-0"),
)
LOGS: Final = (
    *_words("totalMs= totalMs=99999999999 auth:1ms@1ms stages= phase= ms s code=1006 1006 conn=a -1 1e999 NaN ∞ 0x1"),
    *_words('[ws] [trace:embedded-run] stages: { } [ ] " : , = @ 14:00:00 2026-03-02T14:00:00Z 9999-99-99T99:99:99Z'),
    *_words("eventLoopUtilization= eventLoopDelayMaxMs= 0001-01-01T00:00:00 9999-12-31T23:59:59+23:59 1e308 .. %"),
    *(b"\x1b[31m", b"\x1b[", b"\n", b"\r", b"    at a (b.js:1:2)\n", b'File "a.py", line 1, in f\n', b"\x1f\x8b\x08\0"),
    *(b'{"time":1,"msg":"a"}', b'{"time":1e999}', b'{"_meta":{"date":"x"}}', b"Executing <Task took 1.0 seconds"),
)
