"""Writes a model with random weights that a stock llama-server loads in no time and that speaks noise.

usage: tiny_model.py OUT.gguf NAME LAYERS WIDTH     more layers and width make it slower
"""
import array
import random
import struct
import sys

CONTEXT = 8192
HEADS = 4
ALIGNMENT = 32
U32, I32, F32, STRING, ARRAY = 4, 5, 6, 8, 9
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
CHAT_TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


def string(text):
    raw = text.encode()
    return struct.pack('<Q', len(raw)) + raw


def scalar(kind, value):
    if kind == STRING:
        return string(value)
    return struct.pack({U32: '<I', I32: '<i', F32: '<f'}[kind], value)


def field(key, kind, value):
    return string(key) + struct.pack('<I', kind) + scalar(kind, value)


def list_field(key, kind, values):
    head = string(key) + struct.pack('<IIQ', ARRAY, kind, len(values))
    return head + b''.join(scalar(kind, value) for value in values)


def vocabulary():
    """Pairs of token and kind: what the tokenizer must have, every byte, and some letters."""
    special = [('<unk>', UNKNOWN), ('<s>', CONTROL), ('</s>', CONTROL)]
    every_byte = [(f'<0x{byte:02X}>', BYTE) for byte in range(256)]
    letters = [(text, NORMAL) for text in ['\u2581', *'etaoinshrdlucmfwypvbgkjqxz']]
    return special + every_byte + letters


def header_fields(name, layers, width):
    tokens = vocabulary()
    architecture = [
        ('context_length', CONTEXT), ('embedding_length', width), ('block_count', layers),
        ('feed_forward_length', 2 * width), ('attention.head_count', HEADS), ('attention.head_count_kv', HEADS),
        ('rope.dimension_count', width // HEADS), ('vocab_size', len(tokens))]
    return [
        field('general.architecture', STRING, 'llama'),
        field('general.name', STRING, name),
        *(field(f'llama.{key}', U32, value) for key, value in architecture),
        field('llama.attention.layer_norm_rms_epsilon', F32, 1e-5),
        field('tokenizer.ggml.model', STRING, 'llama'),
        list_field('tokenizer.ggml.tokens', STRING, [token for token, _ in tokens]),
        list_field('tokenizer.ggml.scores', F32, [-float(rank) for rank in range(len(tokens))]),
        list_field('tokenizer.ggml.token_type', I32, [kind for _, kind in tokens]),
        field('tokenizer.ggml.bos_token_id', U32, 1),
        field('tokenizer.ggml.eos_token_id', U32, 2),
        field('tokenizer.ggml.unknown_token_id', U32, 0),
        field('tokenizer.chat_template', STRING, CHAT_TEMPLATE),
    ]


def shapes(layers, width):
    tokens = len(vocabulary())
    yield 'token_embd.weight', (width, tokens)
    yield 'output_norm.weight', (width,)
    yield 'output.weight', (width, tokens)
    square, wide = (width, width), (width, 2 * width)
    parts = {'attn_norm': (width,), 'attn_q': square, 'attn_k': square, 'attn_v': square, 'attn_output': square,
             'ffn_norm': (width,), 'ffn_gate': wide, 'ffn_up': wide, 'ffn_down': (2 * width, width)}
    for layer in range(layers):
        for part, shape in parts.items():
            yield f'blk.{layer}.{part}.weight', shape


def noise(size=65521):
    """A block that is repeated: its length is prime, so no two rows of a matrix are alike."""
    generator = random.Random(1)
    return array.array('f', (generator.gauss(0, 0.08) for _ in range(size)))


def weights(name, count, block):
    if 'norm' in name:
        return array.array('f', [1.0]) * count
    return (block * (count // len(block) + 1))[:count]


def padding(size):
    return b'\0' * (-size % ALIGNMENT)


def write(path, name, layers, width):
    tensors, data_size = [], 0
    for tensor, shape in shapes(layers, width):
        count = 1
        for side in shape:
            count *= side
        entry = string(tensor) + struct.pack('<I', len(shape)) + struct.pack(f'<{len(shape)}Q', *shape)
        tensors.append((tensor, count, entry + struct.pack('<IQ', 0, data_size)))
        data_size += 4 * count + len(padding(4 * count))
    fields = header_fields(name, layers, width)
    head = b'GGUF' + struct.pack('<IQQ', 3, len(tensors), len(fields)) + b''.join(fields)
    head += b''.join(entry for _, _, entry in tensors)
    block = noise()
    with open(path, 'wb') as out:
        out.write(head + padding(len(head)))
        for tensor, count, _ in tensors:
            out.write(weights(tensor, count, block).tobytes() + padding(4 * count))


if __name__ == '__main__':
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    write(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
