"""What set-up does where npm is there and cannot fetch: only the clients for JavaScript are left out, and it says so."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class SetUp(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.clients = self.folder / 'real' / 'clients'
        self.clients.mkdir(parents=True)
        shutil.copy(HERE / 'requirements.txt', self.clients)  # so those for Python are taken for set up

    def set_up(self, npm):
        programs = self.folder / 'bin'
        programs.mkdir(exist_ok=True)
        (programs / 'npm').write_text(f'#!/bin/sh\n{npm}\n')
        (programs / 'npm').chmod(0o755)
        path = f'{programs}:{os.environ["PATH"]}'
        return subprocess.run([HERE / 'set-up', self.folder / 'real'], env={**os.environ, 'PATH': path},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_npm_that_cannot_fetch_leaves_out_the_clients_for_javascript_alone(self):
        done = self.set_up('mkdir node_modules; exit 1')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('!!! SKIPPED: the official clients for JavaScript', done.stderr)
        self.assertFalse((self.clients / 'package.json').exists())  # by it the tests know whether they can run
        done = self.set_up('mkdir -p node_modules')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertTrue((self.clients / 'package.json').exists())


if __name__ == '__main__':
    unittest.main()
