"""A model's server that answers by a script, in the dialects of the official clients. What it does goes by the model:

talks    answers, and with a tool call where there are tools
dies     breaks off in the middle of its answer
hangs    begins a stream, and ends none; GET /left says that its client has gone, and waits for it
refuses  answers 400
"""
import hashlib
import http.server
import json
import os
import pathlib
import queue
import re
import threading
import urllib.request

SCRIPT = json.loads(pathlib.Path(__file__).with_name('script.json').read_text())
TEXT = ''.join(SCRIPT['pieces'])
TOOL = SCRIPT['tool']
ARGUMENTS = ''.join(TOOL['pieces'])
INPUT, OUTPUT = SCRIPT['usage']['input'], SCRIPT['usage']['output']
PATIENCE = 30
DONE = object()
OPENAI_USAGE = {'prompt_tokens': INPUT, 'completion_tokens': OUTPUT, 'total_tokens': INPUT + OUTPUT}
TOKENS = {'input_tokens': INPUT, 'output_tokens': OUTPUT}


def chat(body):
    message = {'role': 'assistant', 'content': TEXT}
    if 'tools' in body:
        function = {'name': TOOL['name'], 'arguments': ARGUMENTS}
        message = {'role': 'assistant', 'content': None,
                   'tool_calls': [{'id': TOOL['id'], 'type': 'function', 'function': function}]}
    reason = 'tool_calls' if 'tools' in body else 'stop'
    return {'id': 'chatcmpl-1', 'object': 'chat.completion', 'created': 1, 'model': body['model'],
            'choices': [{'index': 0, 'message': message, 'finish_reason': reason}], 'usage': OPENAI_USAGE}


def chat_events(body):
    def chunk(delta, reason=None):
        choices = [{'index': 0, 'delta': delta, 'finish_reason': reason}]
        return None, {'id': 'chatcmpl-1', 'object': 'chat.completion.chunk', 'created': 1, 'model': body['model'],
                      'choices': choices}

    def tool_delta(**function):
        return {'tool_calls': [{'index': 0, 'function': function}]}

    if 'tools' in body:
        first = {'index': 0, 'id': TOOL['id'], 'type': 'function',
                 'function': {'name': TOOL['name'], 'arguments': ''}}
        yield chunk({'role': 'assistant', 'tool_calls': [first]})
        yield from (chunk(tool_delta(arguments=piece)) for piece in TOOL['pieces'])
        yield chunk({}, 'tool_calls')
    else:
        yield from (chunk({'content': piece}) for piece in SCRIPT['pieces'])
        yield chunk({}, 'stop')
    if body.get('stream_options', {}).get('include_usage'):
        name, last = chunk({})
        yield name, {**last, 'choices': [], 'usage': OPENAI_USAGE}
    yield None, DONE


def response(body):
    content = [{'type': 'output_text', 'text': TEXT, 'annotations': []}]
    output = {'type': 'message', 'id': 'msg_1', 'role': 'assistant', 'status': 'completed', 'content': content}
    return {'id': 'resp_1', 'object': 'response', 'created_at': 1, 'model': body['model'], 'status': 'completed',
            'output': [output], 'parallel_tool_calls': True, 'tool_choice': 'auto', 'tools': [],
            'usage': {**TOKENS, 'total_tokens': INPUT + OUTPUT}}


def response_events(body):
    events = [('response.created', {'response': {**response(body), 'status': 'in_progress', 'output': []}})]
    events += [('response.output_text.delta', {'item_id': 'msg_1', 'output_index': 0, 'content_index': 0,
                                               'delta': piece}) for piece in SCRIPT['pieces']]
    events.append(('response.completed', {'response': response(body)}))
    for number, (name, data) in enumerate(events):
        yield name, {'type': name, 'sequence_number': number, **data}


def message(body):
    content = {'type': 'text', 'text': TEXT}
    if 'tools' in body:
        content = {'type': 'tool_use', 'id': TOOL['id'], 'name': TOOL['name'], 'input': json.loads(ARGUMENTS)}
    return {'id': 'msg_1', 'type': 'message', 'role': 'assistant', 'model': body['model'], 'content': [content],
            'stop_reason': 'tool_use' if 'tools' in body else 'end_turn', 'stop_sequence': None, 'usage': TOKENS}


def message_events(body):
    whole = message(body)
    block = {**whole['content'][0], **({'input': {}} if 'tools' in body else {'text': ''})}
    key, kind, pieces = (('partial_json', 'input_json_delta', TOOL['pieces']) if 'tools' in body
                         else ('text', 'text_delta', SCRIPT['pieces']))
    begin = {**whole, 'content': [], 'stop_reason': None, 'usage': {'input_tokens': INPUT, 'output_tokens': 1}}
    events = [('message_start', {'message': begin}), ('ping', {}),
              ('content_block_start', {'index': 0, 'content_block': block})]
    events += [('content_block_delta', {'index': 0, 'delta': {'type': kind, key: piece}}) for piece in pieces]
    events += [('content_block_stop', {'index': 0}),
               ('message_delta', {'delta': {'stop_reason': whole['stop_reason'], 'stop_sequence': None},
                                  'usage': {'output_tokens': OUTPUT}}),
               ('message_stop', {})]
    for name, data in events:
        yield name, {'type': name, **data}


def picture_size(body):
    """A picture of so many characters."""
    return {'input_tokens': len(body['messages'][0]['content'][0]['source']['data'])}


def embeddings(body):
    rows = [{'object': 'embedding', 'index': index, 'embedding': [0.5, float(index)]}
            for index, _ in enumerate(body['input'])]
    return {'object': 'list', 'data': rows, 'model': body['model'],
            'usage': {'prompt_tokens': INPUT, 'total_tokens': INPUT}}


def transcription(form):
    return {'text': f"{form['file.name']} {hashlib.sha256(form['file']).hexdigest()}"}


ANSWERS = {
    '/v1/chat/completions': (chat, chat_events),
    '/v1/responses': (response, response_events),
    '/v1/messages': (message, message_events),
    '/v1/messages/count_tokens': (picture_size, None),
    '/v1/embeddings': (embeddings, None),
    '/v1/audio/transcriptions': (transcription, None),
}


def parsed_form(body, content_type):
    """Fields by name; of a file also its name."""
    boundary = re.search('boundary="?([^";]+)', content_type)[1].encode()
    form = {}
    for part in body.split(b'--' + boundary)[1:-1]:
        head, _, content = part[2:-2].partition(b'\r\n\r\n')
        name = re.search(rb'[ ;]name="([^"]*)"', head)[1].decode()
        file_name = re.search(rb'filename="([^"]*)"', head)
        if file_name:
            form.update({name: content, f'{name}.name': file_name[1].decode()})
        else:
            form[name] = content.decode()
    return form


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer(200, {'left': self.server.left.get(timeout=PATIENCE)})

    def do_POST(self):
        raw = self.rfile.read(int(self.headers['Content-Length']))
        content_type = self.headers['Content-Type']
        body = parsed_form(raw, content_type) if content_type.startswith('multipart/') else json.loads(raw)
        whole, events = ANSWERS[self.path]
        if body['model'] == 'refuses':
            self.answer(400, {'error': {'type': 'invalid_request_error', 'message': SCRIPT['refusal']}})
        elif body.get('stream'):
            self.stream(events(body), body['model'])
        elif body['model'] == 'hangs':
            self.wait_until_left()
        else:
            self.answer(200, whole(body), cut=body['model'] == 'dies')

    def answer(self, status, content, cut=False):
        raw = json.dumps(content).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(raw)))
        self.end_headers()
        self.wfile.write(raw[:len(raw) // 2] if cut else raw)
        self.close_connection = cut

    def stream(self, events, model):
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        for name, data in events:
            content = '[DONE]' if data is DONE else json.dumps(data)
            text = (f'event: {name}\n' if name else '') + f'data: {content}\n\n'
            self.wfile.write(f'{len(text):x}\r\n{text}\r\n'.encode())
            if SCRIPT['pieces'][0] not in text or model == 'talks':
                continue
            if model == 'hangs':
                self.wait_until_left()
            self.close_connection = True
            return
        self.wfile.write(b'0\r\n\r\n')

    def wait_until_left(self):
        self.connection.settimeout(PATIENCE)
        if self.connection.recv(1) == b'':
            self.server.left.put(self.path)
        self.close_connection = True


class Upstream(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.left = queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f'http://127.0.0.1:{self.server_port}'


def who_left():
    """The path of the next request that the gateway has taken back; waits for it."""
    with urllib.request.urlopen(os.environ['UPSTREAM_URL'] + '/left') as answer:
        return json.load(answer)['left']
