"""What every engine does, whatever evaluates: each has a test module with a class of this one."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from kubeguard.rego.engine import Answer, CompileError, Engine, Module, Package, Program

FIRST = Module(
    "first.rego",
    """\
# METADATA
# scope: subpackages
# title: All of main
# custom:
#   owner: team
#   level: 1
package main

import rego.v1
import data.lib.texts

# METADATA
# description: Names are short
# custom:
#   level: 2
deny contains msg if {
	count(input.name) > texts.longest
	msg := sprintf("%v is long", [input.name])
}

default fine := false

fine if input.name

number := to_number(input.number)

twice(x) := x * 2

a.b["c-d"] := input.name

by_key[key] := value if some key, value in input.labels
""",
)
SECOND = Module(
    "folder/second.rego",
    """\
package main["sub-package"]

deny[msg] {
	msg := input.texts[_]
}
""",
)
LIBRARY = Module("lib.rego", "package lib.texts\n\nlongest := data.settings.longest\n", "v1")
SETTINGS = {"settings": {"longest": 3}}
SLOW = Module(
    "slow.rego",
    """\
package slow

import rego.v1

deny contains x if {
	input.slow
	some x in numbers.range(1, 10000)
	some y in numbers.range(1, 10000)
	x * y == -1
}

fast := input.name
""",
)


def named(engine: Engine, *modules: Module, **options: Any) -> Program:
    return engine.compile(modules or (FIRST, SECOND, LIBRARY), SETTINGS, **options)


def one(engine: Engine, module: str, query: str, given: Any) -> Answer:
    program = engine.compile([Module("m.rego", module)])
    ((answer,),) = engine.evaluate(program, [query], [given])
    return answer


def refused(engine: Engine, *modules: Module, **options: Any) -> CompileError:
    with pytest.raises(CompileError) as caught:
        engine.compile(modules, **options)
    return caught.value


class Contract:
    """The tests; a subclass has a fixture `engine`, with half a second for each question."""

    def test_the_program_is_described(self, engine: Engine):
        program = named(engine)
        everywhere = {"title": "All of main", "scope": "subpackages"}
        custom = {"custom": {"owner": "team", "level": 1}}
        assert sorted(program.packages) == [
            Package("first.rego", "main", "v1", ("rego.v1", "data.lib.texts"), everywhere | custom),
            Package("folder/second.rego", 'main["sub-package"]', "v0", (), everywhere | custom),
            Package("lib.rego", "lib.texts", "v1", (), {}),
        ]
        rules = {(rule.path, rule.line): rule for rule in program.rules}
        assert {path: rule.kind for path, rule in rules.items()} == {
            ("main.deny", 16): "set",
            ("main.fine", 21): "value",
            ("main.fine", 23): "value",
            ("main.number", 25): "value",
            ("main.twice", 27): "function",
            ('main.a.b["c-d"]', 29): "value",
            ("main.by_key", 31): "object",
            ('main["sub-package"].deny', 3): "set",
            ("lib.texts.longest", 3): "value",
        }
        deny = rules["main.deny", 16]
        assert (deny.module, deny.package, deny.column) == ("first.rego", "main", 1)
        assert deny.annotations["title"] == "All of main"
        assert deny.annotations["description"] == "Names are short"
        assert deny.annotations["custom"] == {"owner": "team", "level": 2}

    def test_rules_are_answered_by_input_and_query(self, engine: Engine):
        queries = ["main.deny", "main.fine", 'main["sub-package"].deny', 'main.a.b["c-d"]', "no.no"]
        inputs = [{"name": "short"}, {}, {"name": "web", "texts": ["b", "a", "b"]}]
        answers = engine.evaluate(named(engine), queries, inputs)
        assert [[(a.defined, a.value, a.failure) for a in row] for row in answers] == [
            [
                (True, ["short is long"], None),
                (True, True, None),
                (True, [], None),
                (True, "short", None),
                (False, None, None),
            ],
            [
                *((True, [], None), (True, False, None), (True, [], None)),
                *((False, None, None), (False, None, None)),
            ],
            [
                *((True, [], None), (True, True, None), (True, ["a", "b"], None)),
                *((True, "web", None), (False, None, None)),
            ],
        ]

    def test_many_inputs_keep_their_order(self, engine: Engine):
        inputs = [{"name": str(n), "labels": {str(n): n}} for n in range(250)]
        rows = engine.evaluate(named(engine), ["main.by_key", 'main.a.b["c-d"]'], inputs)
        assert [[a.value for a in row] for row in rows] == [
            [{str(n): n}, str(n)] for n in range(250)
        ]
        assert engine.evaluate(named(engine), ["main.deny"], []) == []

    def test_programs_stand_side_by_side(self, engine: Engine):
        programs = [
            engine.compile([Module("m.rego", f"package main\n\nx := {n} + input.n")])
            for n in range(4)
        ]
        for n in (2, 0, 3, 1):
            ((answer,),) = engine.evaluate(programs[n], ["main.x"], [{"n": 10}])
            assert answer.value == n + 10

    def test_values_are_as_they_were(self, engine: Engine):
        module = "package m\n\nx := input"
        for value in (
            *(None, True, False, "", "ä\u2028<&>\x00", [], {}, [[]], 0, -1, 1.5),
            *(2**63, -(2**63), 2**64, 10**300, {"a": {"b": [1, {"c": None}]}}, {"": 1}, "null"),
        ):
            answer = one(engine, module, "m.x", value)
            assert (answer.value, type(answer.value)) == (value, type(value))
            assert answer.defined
        assert one(engine, module, "m.x", orjson.Fragment(b'{"a":1}')).value == {"a": 1}
        assert (
            one(engine, "package m\n\nx := input.n + 1", "m.x", {"n": 10**40}).value == 10**40 + 1
        )

    def test_errors_that_are_dropped_are_told_where_they_happened(self, engine: Engine):
        inputs = [{"number": "1"}, {"number": "abc"}, {"number": "2"}, {"number": "x"}]
        rows = engine.evaluate(named(engine), ["main.fine", "main.number"], inputs)
        assert [row[1].value for row in rows] == [1, None, 2, None]
        assert [[len(a.warnings) for a in row] for row in rows] == [[0, 0], [0, 1], [0, 0], [0, 1]]
        (warning,) = rows[1][1].warnings
        assert (warning.file, warning.line, warning.column) == ("first.rego", 25, 11)
        assert warning.code == "eval_builtin_error"
        assert warning.message.startswith("to_number: ")
        assert warning.text == "number := to_number(input.number)"

    def test_a_contradiction_fails_where_it_is(self, engine: Engine):
        module = Module("m.rego", "package m\n\nx := 1 if input.a\n\nx := 2 if input.b\n\ny := 3")
        program = engine.compile([module])
        inputs = [{"a": 1}, {"a": 1, "b": 1}, {"b": 1}]
        rows = engine.evaluate(program, ["m.x", "m.y"], inputs)
        assert [[a.value for a in row] for row in rows] == [[1, 3], [None, 3], [2, 3]]
        failure = rows[1][0].failure
        assert failure
        assert (failure.code, failure.file) == ("eval_conflict_error", "m.rego")
        assert failure.line in (3, 5)

    def test_a_question_that_takes_too_long_fails_alone(self, engine: Engine):
        program = engine.compile([SLOW])
        inputs = [{"name": n, "slow": n == 2} for n in range(5)]
        rows = engine.evaluate(program, ["slow.deny", "slow.fast"], inputs)
        assert [[a.value for a in row] for row in rows] == [
            [None if n == 2 else [], n] for n in range(5)
        ]
        failure = rows[2][0].failure
        assert failure
        assert failure.message == "it takes longer than 0.5 s"

    @pytest.mark.parametrize(
        ("line", "code", "column", "message"),
        [
            ("x := y + 1", "rego_unsafe_var_error", 6, "var y is unsafe"),
            ("x := count()", "rego_type_error", 6, "count: arity mismatch"),
            ("x := no.body(1)", "rego_type_error", 6, "undefined function no.body"),
            ('x := 1 + "a"', "rego_type_error", 6, "plus: invalid argument(s)"),
            ("x = y z", "rego_parse_error", 7, "var cannot be used for rule name"),
        ],
    )
    def test_mistakes_are_told_with_their_places(
        self, engine: Engine, line: str, code: str, column: int, message: str
    ):
        wrong = Module("wrong.rego", f"package wrong\n\n{line}\n")
        (said,) = refused(engine, wrong, FIRST, LIBRARY, data=SETTINGS).diagnostics
        assert said._replace(details=()) == (code, message, "wrong.rego", 3, column, line, ())
        assert str(said) == f"wrong.rego:3:{column}: {message}"

    def test_a_file_without_a_package_is_refused(self, engine: Engine):
        (said,) = refused(engine, Module("no.rego", "# nothing\n")).diagnostics
        assert (said.code, said.message, said.file) == (
            *("rego_parse_error", "empty module", "no.rego"),
        )

    def test_all_files_that_do_not_parse_are_told(self, engine: Engine):
        modules = [
            Module("one.rego", "package one\n\nx := \n"),
            Module("two.rego", "package two\n\ndeny contains x if { x := }\n"),
            Module("old.rego", "package old\n\ndeny[x] { x := 1 }\ny = }\n"),
        ]
        said = refused(engine, *modules).diagnostics
        assert {s.file for s in said} == {"one.rego", "two.rego", "old.rego"}
        assert {s.line for s in said if s.file == "old.rego"} == {4}
        assert {s.code for s in said} == {"rego_parse_error"}

    def test_the_version_may_be_said(self, engine: Engine):
        text = "package m\n\ndeny[x] { x := 1 }\n"
        engine.compile([Module("m.rego", text, "v0")])
        assert refused(engine, Module("m.rego", text, "v1")).diagnostics[0].line == 3
        new = "package m\n\ndeny contains 1 if true\n"
        assert refused(engine, Module("m.rego", new, "v0")).diagnostics[0].line == 3

    @pytest.mark.parametrize(
        "call",
        [
            'http.send({"method": "get", "url": input.u})',
            "opa.runtime()",
            'net.lookup_ip_addr("localhost")',
        ],
    )
    def test_functions_that_reach_out_are_unknown(self, engine: Engine, call: str):
        (said,) = refused(
            engine, Module("m.rego", f"package m\n\nx := 1\n\ny := {call}")
        ).diagnostics
        assert (said.file, said.line, said.code) == ("m.rego", 5, "rego_type_error")
        assert said.message == f"undefined function {call.partition('(')[0]}"

    def test_strictness_refuses_what_is_unused(self, engine: Engine):
        unused = Module("m.rego", "package m\n\nimport rego.v1\n\nx if {\n\ty := 1\n\tinput.x\n}\n")
        engine.compile([unused])
        (said,) = refused(engine, unused, strict=True).diagnostics
        assert (said.line, said.message) == (6, "assigned var y unused")

    def test_functions_that_nobody_has_are_named(self, engine: Engine):
        said = refused(engine, LIBRARY, functions=["acme.shout"]).diagnostics
        assert [(s.code, s.message.rpartition(" ")[2]) for s in said] == [
            ("unknown_function", "acme.shout")
        ]

    def test_answers_have_a_size(self, engine: Engine):
        module = Module(
            "m.rego", 'package m\n\nlong := [s | numbers.range(1, input.n)[_]; s := "xxxx"]'
        )
        program = engine.compile([module])
        rows = engine.evaluate(program, ["m.long"], [{"n": 10}, {"n": 200_000}, {"n": 20}])
        assert [len(a.value or ()) for (a,) in rows] == [10, 0, 20]
        assert rows[1][0].failure
        assert rows[1][0].failure.code == "answer_bytes"
