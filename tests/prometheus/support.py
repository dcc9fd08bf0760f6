"""What the tests of `memscope export` share: TAP, a made-up daemon, exporters, HTTP."""

import contextlib
import http.client
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback

SAMPLE = re.compile(r'^([a-z_:]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')


def wait_for(what, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"never came: {what}")
        time.sleep(0.1)


class Daemon:
    """See tests/support/fake_daemon.c."""

    def __init__(self, program, path):
        self.path = str(path)
        self.process = subprocess.Popen([program, self.path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ok\n"

    def do(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n", command

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Exporter:
    """`memscope export` on a free port."""

    def __init__(self, memscope, *options, listen="127.0.0.1:0"):
        self.process = subprocess.Popen([memscope, "export", "--listen", listen, *options],
                                        stderr=subprocess.PIPE, text=True)
        self.said = ""
        while "metrics are on" not in self.said:
            line = self.process.stderr.readline()
            assert line, f"it ended: {self.said}"
            self.said += line
        self.port = int(re.search(r":(\d+)/metrics", self.said).group(1))
        self.host = "::1" if "[" in listen else "127.0.0.1"

    def ask(self, method="GET", path="/metrics", accept=None, body=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        headers = {"Accept": accept} if accept else {}
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=30)

    def metrics(self):
        status, _, text = self.ask()
        assert status == 200
        return parse(text)

    def close(self):
        """Its exit status; what it said is in `said`."""
        self.process.terminate()
        self.said += self.process.communicate(timeout=10)[1]
        return self.process.returncode


def parse(text):
    """{(name, frozenset of labels): value}, none of them twice."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        assert match, line
        labels = frozenset((k, v.replace('\\n', '\n').replace('\\"', '"').replace('\\\\', '\\'))
                           for k, v in LABEL.findall(match.group(2) or ""))
        assert (match.group(1), labels) not in found, line
        found[match.group(1), labels] = float(match.group(3))
    return found


def value(metrics, name, **labels):
    return metrics.get((name, frozenset(labels.items())))


def names(metrics):
    return {name for name, _ in metrics}


class Skip(Exception):
    pass


def run(tests):
    """Runs functions of a directory as TAP."""
    print(f"1..{len(tests)}")
    failed = False
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        directory = pathlib.Path(tempfile.mkdtemp(prefix="memscope-test-"))
        try:
            test(directory)
            print(f"ok {number} - {name}")
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}")
        except Exception:
            failed = True
            print(f"not ok {number} - {name}")
            print("".join("# " + line for line in traceback.format_exc().splitlines(True)))
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        sys.stdout.flush()
    sys.exit(failed)


MEMSCOPE = os.environ.get("MEMSCOPE_PROGRAM", "")
FAKE_DAEMON = os.environ.get("FAKE_DAEMON_PROGRAM", "")
LEAK_TEST = os.environ.get("LEAK_TEST_PROGRAM", "")
RULES = os.environ.get("MEMSCOPE_RULES", "")
