"""An engine that breaks in every way: it speaks the worker's protocol, in Python.

Each answer is the number of the input and the query. An input says what goes wrong when it is
asked together with a query: `{"n": 7, "faults": {"bad": "exit"}}`; `once` names a file that is
made when that happens, and after which nothing goes wrong any more. A module's text is what goes
wrong when it is compiled. The requests are written to the file `data.log`.
"""

import json
import os
import signal
import sys
import time

out = sys.stdout.buffer
log = None


def answer(request: dict) -> dict:
    """What an engine without faults says."""
    if request["op"] == "compile":
        return {"program": 1, "packages": [], "rules": []}
    if request["op"] == "evaluate":
        return {
            "results": [
                [{"value": [each["n"], query], "ns": 1} for query in request["queries"]]
                for each in request["inputs"]
            ]
        }
    return {}


def fault(request: dict) -> str:
    """What goes wrong with a request; nothing mostly."""
    for module in request.get("modules", ()):
        if module["text"] != "fine":
            return module["text"]
    for each in request.get("inputs", ()):
        if "any" in each.get("faults", {}):
            return each["faults"]["any"]
        for query in request["queries"]:
            found = each.get("faults", {}).get(query)
            if found and not os.path.exists(each.get("once", "")):
                if "once" in each:
                    open(each["once"], "w").close()
                return found
    return ""


def say(told: dict) -> bytes:
    return json.dumps(told).encode() + b"\n"


def respond(request: dict, told: dict, wrong: str) -> None:
    """Answer, with that fault."""
    line = say(told)
    if wrong == "exit":
        os._exit(3)
    elif wrong == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif wrong == "memory":
        os._exit(78)
    elif wrong == "complain":
        os.write(2, b"fatal error: something\n" + b"goroutine\n" * 500_000)
        os._exit(2)
    elif wrong == "silent":
        time.sleep(3600)
    elif wrong == "half":
        out.write(line[: len(line) // 2])
        out.flush()
        os._exit(0)
    elif wrong == "stuck":
        out.write(line[: len(line) // 2])
        out.flush()
        time.sleep(3600)
    elif wrong == "flood":
        while True:
            out.write(b"x" * 65536)
    elif wrong == "garbage":
        line = b"panic: not JSON\n"
    elif wrong == "bytes":
        line = b"\xff\xfe\x00\n"
    elif wrong == "empty":
        line = b"\n"
    elif wrong == "list":
        line = b"[]\n"
    elif wrong == "bare":
        line = say({"id": request["id"]})
    elif wrong == "short":
        line = say({"id": request["id"], "results": []})
    elif wrong == "shapes":
        line = say(
            {
                "id": request["id"],
                "results": [[7] * len(request["queries"])] * len(request["inputs"]),
            }
        )
    elif wrong == "other":
        line = say({**told, "id": request["id"] + 1})
    elif wrong == "digits":
        line = line.replace(b'"ns": 1', b'"ns": 1' + b"0" * 5000)
    elif wrong == "deep":
        line = line[:-2] + b', "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    elif wrong == "mixed":
        line = line[:10] + line
    elif wrong == "twice":
        line += line
    elif wrong == "refused":
        line = say({"id": request["id"], "errors": [{"code": "panic", "message": "refused"}]})
    out.write(line)
    out.flush()
    if wrong == "after":
        os._exit(0)
    if wrong == "asleep":
        time.sleep(3600)


for text in sys.stdin.buffer:
    request = json.loads(text)
    log = (request.get("data") or {}).get("log", log)
    if log:
        with open(log, "a") as file:
            file.write(
                json.dumps({key: request[key] for key in request if key != "modules"}) + "\n"
            )
    respond(request, {"id": request["id"], **answer(request)}, fault(request))
