"""A llmsnapd in front of real llama-servers, for the tests in this folder."""
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

REAL = pathlib.Path(os.environ.get('LLMSNAP_REAL_DIR', ''))
PATIENCE = 30
LLAMA_SERVER = f'{REAL}/llama-server --host 127.0.0.1 --port ${{PORT}}'
CHAT = f'{LLAMA_SERVER} -m {REAL}/chat.gguf -c 8192 --slots --parallel 2'
EMBED = f'{LLAMA_SERVER} -m {REAL}/embed.gguf --embeddings --pooling mean'


# It never ends by itself, and each token is a piece: bytes, which the tokens 3 to 258 are, would be held back until
# they make up a letter.
ENDLESS = {'ignore_eos': True, 'logit_bias': [[token, False] for token in range(3, 259)]}


def eventually(holds, what):
    """Asks until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f'it did not come true that {what}')
        time.sleep(0.01)


def chat(model, **more):
    return {'model': model, 'messages': [{'role': 'user', 'content': 'hello'}], 'max_tokens': 8, **more}


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
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._process.stderr.close()
        self._folder.cleanup()

    def url(self, path=''):
        return f'http://127.0.0.1:{self.port}{path}'

    def connect(self):
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)

    def ask(self, method, path, body=None):
        """Status and body; the body is parsed where it is JSON."""
        connection = self.connect()
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {'Content-Type': 'application/json'})
            answer = connection.getresponse()
            content = answer.read().decode(errors='replace')
            is_json = answer.getheader('Content-Type', '').startswith('application/json')
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

    def server_pids(self):
        """Of the llama-servers, which are direct children: the launcher becomes them."""
        children = pathlib.Path(f'/proc/{self._process.pid}/task')
        pids = [int(pid) for task in children.iterdir() for pid in (task / 'children').read_text().split()]
        return [pid for pid in pids if b'llama-server' in pathlib.Path(f'/proc/{pid}/cmdline').read_bytes()]
