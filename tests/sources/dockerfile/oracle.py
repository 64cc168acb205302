"""BuildKit's own parser, answering on standard output what it makes of each text it is given.

A program and not a module: the Go runtime inside does not survive a fork.
"""

import json
import sys

import dockerfile


def answer(text):
    try:
        commands = dockerfile.parse_string(text)
    except dockerfile.GoParseError as error:
        return {"error": str(error)}
    return {
        "commands": [
            {
                "keyword": (command.cmd or "").upper(),
                "trigger": command.sub_cmd.upper() if command.sub_cmd else None,
                "json": command.json,
                "flags": list(command.flags),
                "words": list(command.value),
                "lines": [command.start_line, command.end_line],
                "heredocs": [[doc.name, doc.content] for doc in command.heredocs],
            }
            for command in commands
        ]
    }


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
