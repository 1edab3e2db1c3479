"""Runs schemathesis against llmsnapd in front of a fake-model: document_test.py ST LLMSNAPD FAKE_MODEL."""
import os
import pathlib
import subprocess
import sys
import tempfile

from gateway import Gateway

KEY = 'sk-api-test'

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


def main():
    st, llmsnapd, fake_model = (os.path.abspath(path) for path in sys.argv[1:4])
    os.environ['LLMSNAPD'] = llmsnapd
    model = {'cmd': f'{fake_model} --port ${{PORT}} --tokens 3', 'aliases': ['0']}
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway({'m': model}, startPort=20700, apiKeys=[KEY])
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
