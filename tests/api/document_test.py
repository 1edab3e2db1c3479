"""Runs schemathesis against llmsnapd in front of a fake-model: document_test.py ST LLMSNAPD FAKE_MODEL."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading

KEY = 'sk-api-test'
PATIENCE = 30

# Answers of a model's server are its own; these have no end, or end what the others ask for.
LEFT_OUT = ['/models/sse', '/logs/stream', '/logs/stream/{log}']

# negative_data_rejection and positive_data_acceptance: what is right or wrong about a body is for the model's server to
# say; a model that the data makes up is not there. The others of the list ask for what the document does not promise.
LEFT_OUT_CHECKS = ['negative_data_rejection', 'positive_data_acceptance', 'object_level_authorization',
                   'use_after_free', 'ensure_resource_availability']


# TRACE is refused by the front before there is a route to tell its methods: 501.
SETTINGS = '''
[phases.coverage]
unexpected-methods = ["GET", "PUT", "POST", "DELETE", "PATCH"]
'''


class Gateway:
    def __init__(self, llmsnapd, fake_model, folder):
        config = {
            'apiKeys': [KEY],
            'startPort': 20700,
            'models': {'m': {'cmd': f'{fake_model} --port ${{PORT}} --tokens 3', 'aliases': ['0']}},
        }
        path = pathlib.Path(folder, 'config.yaml')
        path.write_text(json.dumps(config))  # JSON is YAML
        self.process = subprocess.Popen([llmsnapd, '--config', str(path), '--listen', '127.0.0.1:0'],
                                        stderr=subprocess.PIPE, text=True, errors='replace')
        self.port = None
        self.listening = threading.Event()
        self.reader = threading.Thread(target=self._read_log)
        self.reader.start()
        if not self.listening.wait(PATIENCE) or self.port is None:
            self.close()
            raise SystemExit('llmsnapd does not listen')

    def _read_log(self):
        for line in self.process.stderr:
            found = re.search(r'listening on http://127\.0\.0\.1:(\d+)', line)
            if found and self.port is None:
                self.port = int(found[1])
                self.listening.set()
        self.listening.set()

    def close(self):
        """How it ended: 0, unless it had died."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return code


def main():
    st, llmsnapd, fake_model = (os.path.abspath(path) for path in sys.argv[1:4])
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(llmsnapd, fake_model, folder)
        command = [st, 'run', f'http://127.0.0.1:{gateway.port}/api/openapi.json', '--auth', f'any:{KEY}',
                   '--checks', 'all', '--exclude-checks', ','.join(LEFT_OUT_CHECKS),
                   '--phases', 'examples,coverage,fuzzing', '--max-examples', '20', '--seed', '1',
                   '--request-timeout', '20', '--max-redirects', '0', '--warnings', 'off', '--continue-on-failure',
                   '--generation-database', 'none', '--no-color']
        pathlib.Path(folder, 'schemathesis.toml').write_text(SETTINGS)
        for path in LEFT_OUT:
            command += ['--exclude-path', path]
        try:
            found = subprocess.run(command, cwd=folder, check=False).returncode
        finally:
            ended = gateway.close()
    if ended != 0:
        print(f'llmsnapd ended with {ended}')
    return 1 if found or ended else 0


if __name__ == '__main__':
    sys.exit(main())
