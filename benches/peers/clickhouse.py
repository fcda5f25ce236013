"""ClickHouse in a process of its own, so that its processor time can be told from everything else's."""
import json
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent


def statements(name, manifest, rows):
    """The statements of each question, by its name, from queries/NAME.sql."""
    plain = lambda instant: instant.replace("T", " ").rstrip("Z")
    values = {
        "from": plain(manifest["from"]),
        "to": plain(manifest["to"]),
        "from30": plain(manifest["from30"]),
        "company": manifest["company"],
        "companies": ", ".join(f"'{company}'" for company in manifest["companies"]),
        "rows": str(rows),
    }
    text = (HERE / "queries" / f"{name}.sql").read_text()
    questions = {}
    for part in re.split(r"^-- @", text, flags=re.M)[1:]:
        question, body = part.split("\n", 1)
        body = "\n".join(line for line in body.splitlines() if not line.startswith("--"))
        body = re.sub(r"\$\{(\w+)\}", lambda match: values[match.group(1)], body)
        questions[question.strip()] = [statement.strip() for statement in body.split(";") if statement.strip()]
    return questions


class ClickHouse:
    """One layout of the data: ch_mt or ch_x."""

    def __init__(self, folder, name):
        self.name = name
        command = [sys.executable, __file__, str(folder / name)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, statements):
        """The rows of every statement, the milliseconds it all took, and those of processor time."""
        self.process.stdin.write(json.dumps(statements) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} ended")
        answer = json.loads(answer)
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        tables = [[json.loads(line) for line in table.splitlines()] for table in answer["tables"]]
        return tables, answer["wall"], answer["cpu"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def serve(folder):
    """Answers lines of statements until there are no more."""
    from chdb import session

    out, sys.stdout = sys.stdout, sys.stderr
    opened = session.Session(folder)
    opened.query("USE bench")
    for line in sys.stdin:
        try:
            cpu, wall = time.process_time(), time.perf_counter()
            tables = [opened.query(statement, "JSONCompactEachRow").data() for statement in json.loads(line)]
            answer = {
                "tables": tables,
                "wall": (time.perf_counter() - wall) * 1e3,
                "cpu": (time.process_time() - cpu) * 1e3,
            }
        except Exception as error:  # whatever it is, the other side must hear of it
            answer = {"error": str(error)[:400]}
        out.write(json.dumps(answer) + "\n")
        out.flush()


if __name__ == "__main__":
    serve(sys.argv[1])
