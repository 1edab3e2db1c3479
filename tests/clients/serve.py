"""Runs a command with a llmsnapd in front of a scripted upstream: serve.py COMMAND [ARGUMENT...]

The command finds them at GATEWAY_URL and UPSTREAM_URL.
"""
import os
import subprocess
import sys

from gateway import Gateway
from upstream import SCRIPT, Upstream


def main():
    upstream = Upstream()
    models = {name: {'proxy': upstream.url()} for name in SCRIPT['models']}
    models['talks']['aliases'] = [SCRIPT['alias']]
    models['broken'] = {'cmd': 'sh -c "echo no such GPU; exit 3" ${PORT}'}
    gateway = Gateway(models, apiKeys=[SCRIPT['key']])
    try:
        urls = {'GATEWAY_URL': gateway.url(), 'UPSTREAM_URL': upstream.url()}
        return subprocess.run(sys.argv[1:], env={**os.environ, **urls}, check=False).returncode
    finally:
        gateway.close()


if __name__ == '__main__':
    sys.exit(main())
