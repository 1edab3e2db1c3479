"""What third-party clients of llama-swap and of llama.cpp's router call, in their order, and what they read of the
answers: those that decode into types of their own refuse an answer in which a field has another one.

LLMSNAPD and FAKE_MODEL are the paths of the programs.
"""
import contextlib
import datetime
import json
import os
import unittest
import urllib.parse
import urllib.request

from gateway import Gateway, eventually

MODEL = 'org/qwen:4b'
ESCAPED = urllib.parse.quote(MODEL, safe='')
NO_ROUTE = 'no such route'  # fake-model's own answer to what it does not know

HISTOGRAM = {'bins': [int], 'min': float, 'max': float, 'binSize': float, 'p99': float, 'p95': float, 'p50': float}
RUNNING = {'model': str, 'state': str, 'cmd': str, 'proxy': str, 'ttl': int, 'name': str, 'description': str}
STATUS = {'id': str, 'name': str, 'description': str, 'state': str, 'unlisted': bool, 'peerID': str}
INFLIGHT = {'id': str, 'timestamp': datetime.datetime, 'model': str, 'req_path': str, 'method': str,
            'req_headers': dict, 'remote_ip': str, 'resp_headers': dict, 'resp_bytes': int, 'elapsed_ms': int}
TOKENS = {'cache_tokens': int, 'draft_tokens': int, 'draft_acc_tokens': int, 'input_tokens': int, 'output_tokens': int,
          'prompt_per_second': float, 'tokens_per_second': float}
ROW = {'id': int, 'timestamp': datetime.datetime, 'model': str, 'req_path': str, 'resp_content_type': str,
       'resp_status_code': int, 'tokens': TOKENS, 'duration_ms': int, 'has_capture': bool}
MACHINE = {'timestamp': datetime.datetime, 'cpu_util_per_core': [float], 'mem_total_mb': int, 'mem_used_mb': int,
           'mem_free_mb': int, 'swap_total_mb': int, 'swap_used_mb': int, 'load_avg_1': float,
           'net_io': [{'name': str, 'bytes_recv': int, 'bytes_sent': int}]}
HARDWARE = {'schema_version': int, 'captured_at': datetime.datetime, 'capture': {'scope': str, 'method': str},
            'architecture': {'name': str}, 'operating_system': {'family': str}, 'environment': {'kind': str},
            'cpu': {'logical_thread_count': int}, 'memory': {'capacity_bytes': int}, 'accelerators': [dict]}


def misfit(value, shape, at=''):
    """Where a strict decoder for that shape stops; None: nowhere."""
    if isinstance(shape, dict):
        fields = value if isinstance(value, dict) else {}
        return next((found for key, inner in shape.items() if (found := misfit(fields.get(key), inner, f'{at}.{key}'))),
                    None)
    if isinstance(shape, list):
        rows = enumerate(value) if isinstance(value, list) else [('not a list', None)]
        return next((found for index, row in rows if (found := misfit(row, shape[0], f'{at}[{index}]'))), None)
    if shape is datetime.datetime:
        with contextlib.suppress(TypeError, ValueError):
            return None if datetime.datetime.fromisoformat(value).tzinfo else at
        return at
    accepted = (int, float) if shape is float else shape
    fits = isinstance(value, accepted) and (shape is bool or not isinstance(value, bool))
    return None if fits else f'{at} = {value!r}'


class News:
    """Server-sent events of a path, their data parsed."""

    def __init__(self, gateway, path):
        self._connection = gateway.connect()
        self._connection.request('GET', path, headers={'Accept': 'text/event-stream'})
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.status

    def next(self, wanted):
        for line in self._answer:
            if line.startswith(b'data:'):
                event = json.loads(line[len('data:'):])
                if wanted(event):
                    return event
        raise AssertionError('the stream has ended')

    def close(self):
        self._answer.close()
        self._connection.close()


class ThirdParty(unittest.TestCase):
    def start(self, **config):
        command = f"{os.environ['FAKE_MODEL']} --port ${{PORT}} --name m --tokens 3 --tokens-per-second 200"
        self.gateway = Gateway({MODEL: {'cmd': command}}, **config)
        self.addCleanup(self.gateway.close)

    def ask(self, method, path, body=None, status=200):
        found, answer = self.gateway.ask(method, path, body)
        self.assertEqual(found, status, (method, path, answer))
        return answer

    def news(self, path):
        news = News(self.gateway, path)
        self.addCleanup(news.close)
        return news

    def fits(self, value, shape):
        self.assertIsNone(misfit(value, shape), value)
        return value

    def listed(self, path='/v1/models'):
        [model] = self.ask('GET', path)['data']
        self.assertEqual(model['id'], MODEL)
        return model

    def chat(self):
        return self.ask('POST', '/v1/chat/completions', {'model': MODEL, 'messages': []})


class OfLlamaSwap(ThirdParty):
    def test_home_assistant_polls_loads_by_the_health_of_a_model_and_unloads(self):
        self.start(upstream={'ignorePaths': [r'.*\.(js|json|css|png|gif|jpg|jpeg|ico|txt)$']}, profiles={'night': {'pins': {'gpt': MODEL}}})
        self.assertEqual(self.ask('GET', '/health'), 'OK')
        self.assertEqual(self.listed()['status']['value'], 'unloaded')
        self.assertEqual(self.ask('GET', '/running')['running'], [])
        self.fits(self.ask('GET', '/api/version'), {'version': str, 'commit': str, 'build_date': str})
        self.assertTrue(self.ask('GET', '/api/performance')['enabled'])
        for name in ('night', None):
            self.ask('PUT', '/api/profiles/active', {'name': name})
            self.assertEqual(self.ask('GET', '/api/profiles')['active'], name)
        self.ask('PUT', '/api/profiles/active', {'name': 'nobody'}, status=404)
        self.ask('GET', f'/upstream/{ESCAPED}/health')
        [running] = self.fits(self.ask('GET', '/running')['running'], [RUNNING])
        self.assertEqual((running['model'], running['state']), (MODEL, 'ready'))
        self.ask('POST', f'/api/models/unload/{ESCAPED}')
        self.ask('GET', '/unload')
        self.assertEqual(self.ask('GET', '/running')['running'], [])
        answer = self.ask('GET', '/upstream/nobody/health', status=404)
        self.assertIn('model not found', answer['error']['message'])

    def test_swapbar_follows_the_events(self):
        self.start()
        news = self.news('/api/events')

        def status():
            event = news.next(lambda event: event['type'] == 'modelStatus')
            [model] = self.fits(json.loads(event['data']), [STATUS])
            return model['state']

        def inflight(operation):
            return json.loads(news.next(lambda event: event['type'] == 'inflight' and
                                        json.loads(event['data'])['operation'] == operation)['data'])

        self.assertEqual(status(), 'stopped')
        self.assertEqual(inflight('snapshot').get('requests', []), [])
        self.chat()
        begun = self.fits(inflight('upsert')['request'], INFLIGHT)
        self.assertEqual(begun['resp_headers'], {})
        self.assertEqual(inflight('remove')['id'], begun['id'])
        self.ask('POST', f'/api/models/unload/{MODEL}')
        eventually(lambda: status() == 'stopped', 'it hears of the end')

    def test_the_terminal_ui_decodes_each_page(self):
        self.start()
        self.fits(self.ask('GET', '/api/hardware'), HARDWARE)
        answer = self.ask('GET', f'/upstream/{MODEL}/?_=1764428400000', status=404)  # of llama-server it is a page
        self.assertEqual(answer['error']['message'], NO_ROUTE)
        self.assertEqual(self.listed()['status']['value'], 'loaded')
        self.chat()
        rows = '/api/metrics/activity?limit=25&order=desc&page=1&sort=id'
        eventually(lambda: self.ask('GET', rows)['total'] == 1, 'the request has a row')
        page = self.ask('GET', rows)
        [row] = self.fits(page, {'data': [ROW], 'page': int, 'limit': int, 'total': int, 'total_pages': int})['data']
        self.assertEqual((row['model'], row['tokens']['output_tokens']), (MODEL, 3))
        self.fits(self.ask('GET', f'/api/captures/{row["id"]}'),
                  {'id': int, 'req_path': str, 'req_headers': dict, 'req_body': str, 'resp_body': str})
        stats = self.ask('GET', f'/api/metrics/stats?model={MODEL}')
        self.fits(stats, {'total_requests': int, 'total_output_tokens': int, 'total_cache_tokens': int})
        self.fits(stats['gen_histogram'], HISTOGRAM)
        self.ask('POST', '/api/models/unload')
        self.ask('POST', '/api/inflight/1/cancel', status=404)

    def test_the_status_bar_of_vs_code_asks_only_what_runs_for_its_slots(self):
        self.start()
        self.assertEqual(self.ask('HEAD', '/api/performance'), '')
        performance = '/api/performance'
        eventually(lambda: self.ask('GET', performance)['sys_stats'], 'the machine was looked at')
        self.fits(self.ask('GET', performance)['sys_stats'], [MACHINE])
        self.assertIsNone(self.ask('GET', '/api/metrics/stats')['gen_histogram'])
        self.assertEqual(self.ask('GET', '/running')['running'], [])
        self.chat()
        [running] = self.ask('GET', '/running')['running']
        self.fits(self.ask('GET', f'/upstream/{running["model"]}/slots'), [{'id': int, 'is_processing': bool}])

    def test_exporters_of_metrics_reach_models_that_are_ready_and_start_none(self):
        self.start()
        for escaped in (MODEL, 'org/qwen%3A4b'):  # llama-swap-exporter, the plugin for SwiftBar
            self.ask('GET', f'/upstream/{escaped}/metrics', status=409)
        self.chat()
        [running] = self.fits(self.ask('GET', '/running')['running'], [RUNNING])
        self.assertEqual(running['state'], 'ready')
        for escaped in (MODEL, 'org/qwen%3A4b'):
            answer = self.ask('GET', f'/upstream/{escaped}/metrics', status=404)
            self.assertEqual(answer['error']['message'], NO_ROUTE)

    def test_the_providers_for_pi_take_records_of_models_and_their_context(self):
        self.start()
        model = self.listed()
        self.assertEqual(model['meta']['llamaswap']['type'], 'model')  # they leave out all others
        self.chat()
        [running] = self.ask('GET', '/running')['running']
        with urllib.request.urlopen(running['proxy'] + '/props') as props:  # past the gateway
            self.assertGreater(json.load(props)['default_generation_settings']['n_ctx'], 0)


class OfTheRouter(ThirdParty):
    def props_of(self, status):
        return self.ask('GET', f'/props?{urllib.parse.urlencode({"model": MODEL, "autoload": "false"})}', status=status)

    def is_status(self, status):
        return lambda event: event['event'] == 'model_status' and event['data']['status'] == status

    def test_open_webui_lists_loads_chats_and_unloads(self):
        self.start()
        model = self.fits(self.listed(), {'id': str, 'object': str, 'status': {'value': str}})
        self.assertEqual(model['status']['value'], 'unloaded')
        self.assertEqual(self.ask('POST', '/models/load', {'model': MODEL}), {'success': True})
        eventually(lambda: self.listed('/models')['status']['value'] == 'loaded', 'it is loaded')
        answer = self.ask('POST', '/v1/chat/completions', {
            'model': MODEL, 'messages': [{'role': 'user', 'content': 'hello'}], 'stream': True,
            'stream_options': {'include_usage': True}})
        *_, usage, done = [line for line in answer.splitlines() if line]
        self.assertEqual(json.loads(usage.removeprefix('data: '))['usage']['completion_tokens'], 3)
        self.assertEqual(done, 'data: [DONE]')
        self.assertEqual(self.ask('POST', '/models/unload', {'model': MODEL}), {'success': True})
        eventually(lambda: self.listed()['status']['value'] == 'unloaded', 'it is unloaded')

    def test_llama_cpps_own_pages_see_a_router_and_load_nothing_by_looking(self):
        self.start()
        props = self.ask('GET', '/props?autoload=false')
        self.fits(props, {'build_info': str, 'default_generation_settings': {'params': dict, 'n_ctx': int}})
        self.assertEqual(props['role'], 'router')
        self.props_of(status=400)
        self.assertEqual(self.ask('GET', '/running')['running'], [])
        news = self.news('/models/sse')
        self.ask('POST', '/models/load', {'model': MODEL})
        self.assertEqual(news.next(self.is_status('loaded'))['model'], MODEL)
        self.assertGreater(self.props_of(status=200)['default_generation_settings']['n_ctx'], 0)
        self.ask('POST', '/models/unload', {'model': MODEL})
        news.next(self.is_status('unloaded'))

    def test_pi_offers_what_is_loaded_on_demand_and_waits_for_a_load(self):
        self.start()
        model = self.listed('/models')
        self.assertEqual((model['status']['value'], model['source']), ('unloaded', 'preset'))
        self.assertIs(self.ask('GET', '/props')['models_autoload'], True)
        probe = {'model': MODEL, 'state': 'probe', 'questions': {}}
        self.ask('POST', '/v1/systemone?autoload=false', probe, status=400)
        news = self.news('/models/sse')
        self.ask('POST', '/models/load', {'model': MODEL})
        news.next(self.is_status('loaded'))
        self.assertEqual(self.listed('/models')['status']['value'], 'loaded')
        self.props_of(status=200)
        answer = self.ask('POST', '/v1/systemone?autoload=false', probe, status=404)
        self.assertEqual(answer['error']['message'], NO_ROUTE)
        answer = self.ask('POST', '/models/load', {'model': MODEL}, status=400)
        self.assertIn('already running', answer['error']['message'])
        self.ask('POST', '/models/unload', {'model': MODEL})
        eventually(lambda: self.listed('/models?reload=1')['status']['value'] == 'unloaded', 'it is unloaded')


if __name__ == '__main__':
    unittest.main()
