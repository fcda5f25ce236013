"""Muster's server as a child process, asked over HTTP."""
import base64
import http.client
import json
import os
import pathlib
import subprocess
import threading
import time

DOCUMENTS = pathlib.Path(__file__).resolve().parent.parent / "documents"
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

# No answer is given twice, and no limit is met by asking much.
UNBOUNDED = {
    "MUSTER_ANSWER_CACHE_BYTES": "0",
    "MUSTER_MAX_REQUESTS_PER_MINUTE": "0",
    "MUSTER_MAX_QUERY_ROOT_FIELDS": "1000",
    "MUSTER_MAX_QUERY_COST": "1000000000",
}


class Refused(Exception):
    """An answer with errors."""


class Muster:
    """A server on the data folder that `cargo bench` left in the folder."""

    def __init__(self, folder, program):
        command = [str(program), "serve", "--data-dir", str(folder / "store"), "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | UNBOUNDED)
        address = None
        for line in self.process.stderr:
            if "serving address=" in line:
                address = line.split("serving address=")[1].split()[0]
                break
        if address is None:
            raise RuntimeError(f"{program} does not serve {folder / 'store'}")
        # The log goes on; somebody must read it.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.connection = http.client.HTTPConnection(address, timeout=120)
        client = json.loads((folder / "client.json").read_text())
        credentials = base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode()
        self.headers = {"content-type": "application/json", "authorization": f"Basic {credentials}"}

    def fetch(self, body):
        self.connection.request("POST", "/graphql", body, self.headers)
        response = self.connection.getresponse()
        return response.read()

    def ask(self, body, times=1):
        """The data, and the milliseconds and those of processor time of one answer when it is asked several times."""
        cpu, wall = self.cpu(), time.perf_counter()
        for _ in range(times):
            answer = self.fetch(body)
        wall, cpu = (time.perf_counter() - wall) * 1e3, self.cpu() - cpu
        answer = json.loads(answer)
        if "errors" in answer:
            raise Refused(answer["errors"][0]["message"])
        return answer["data"], wall / times, cpu / times

    def has(self, field):
        """Whether the schema has a root field."""
        data, _, _ = self.ask(json.dumps({"query": "{ __schema { queryType { fields { name } } } }"}))
        return any(known["name"] == field for known in data["__schema"]["queryType"]["fields"])

    def cpu(self):
        """Milliseconds of processor time so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1e3 / TICKS_A_SECOND

    def close(self):
        self.process.terminate()
        self.process.wait()


def document(name):
    return (DOCUMENTS / f"{name}.graphql").read_text()


def body(name, manifest, **more):
    """The request that asks a question; of the variables it has those that the document names."""
    text = document(name)
    values = {key: manifest[key] for key in ("from", "to", "from30", "company")}
    values |= {f"g{number:02}": company for number, company in enumerate(manifest["companies"])}
    variables = {key: value for key, value in (values | more).items() if f"${key}:" in text}
    return json.dumps({"query": text, "variables": variables})
