"""A llmsnapd with a config of its own, for tests in Python. LLMSNAPD is the path of the program."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

PATIENCE = 30


def eventually(holds, what):
    """Asks until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f'it did not come true that {what}')
        time.sleep(0.01)


class Gateway:
    """Runs until close. `models` maps ids to the keys of a model's config, beside `cmd`."""

    def __init__(self, models, **config):
        self._folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(self._folder.name, 'config.yaml')
        path.write_text(json.dumps({'startPort': 20800, 'models': models, **config}))  # JSON is YAML
        self._process = subprocess.Popen(
            [os.environ['LLMSNAPD'], '--config', str(path), '--listen', '127.0.0.1:0'],
            stderr=subprocess.PIPE, text=True, errors='replace')
        self.log = []
        self.port = None
        self._listening = threading.Event()  # or its end, before that
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()
        if not self._listening.wait(PATIENCE) or self.port is None:
            self.close()
            raise AssertionError('llmsnapd does not listen: ' + ''.join(self.log))

    def _read_log(self):
        for line in self._process.stderr:
            self.log.append(line)
            found = re.search(r'listening on http://127\.0\.0\.1:(\d+)', line)
            if found and self.port is None:  # models say the like
                self.port = int(found[1])
                self._listening.set()
        self._listening.set()

    def close(self):
        """How it ended: 0, unless it had died."""
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._process.stderr.close()
        self._folder.cleanup()
        return code

    def url(self, path=''):
        return f'http://127.0.0.1:{self.port}{path}'

    def connect(self):
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)

    def ask(self, method, path, body=None):
        """Status and body; the body is parsed where it is JSON, and '' of what has none."""
        connection = self.connect()
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {'Content-Type': 'application/json'})
            answer = connection.getresponse()
            content = answer.read().decode(errors='replace')
            is_json = content and answer.getheader('Content-Type', '').startswith('application/json')
            return answer.status, json.loads(content) if is_json else content
        finally:
            connection.close()

    def begin_stream(self, body):
        """A connection and its answer, of which nothing but the head was read."""
        connection = self.connect()
        connection.request('POST', '/v1/chat/completions', json.dumps({**body, 'stream': True}),
                           {'Content-Type': 'application/json'})
        return connection, connection.getresponse()

    def running(self):
        """States by model."""
        return {row['model']: row['state'] for row in self.ask('GET', '/running')[1]['running']}

    def starts_of(self, model):
        return sum(f'model {model}: starts' in line for line in self.log)

    def children(self, name):
        """Ids of the processes that it has started and whose command line has that name in it."""
        folder = pathlib.Path(f'/proc/{self._process.pid}/task')
        pids = [int(pid) for task in folder.iterdir() for pid in (task / 'children').read_text().split()]
        return [pid for pid in pids if name.encode() in pathlib.Path(f'/proc/{pid}/cmdline').read_bytes()]
