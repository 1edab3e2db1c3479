"""Commands of real llama-servers, and what to ask them."""
import os

REAL = os.environ['LLMSNAP_REAL_DIR']
LLAMA_SERVER = f'{REAL}/llama-server --host 127.0.0.1 --port ${{PORT}}'
CHAT = f'{LLAMA_SERVER} -m {REAL}/chat.gguf -c 8192 --slots --parallel 2'
EMBED = f'{LLAMA_SERVER} -m {REAL}/embed.gguf --embeddings --pooling mean'


# It never ends by itself, and each token is a piece: bytes, which the tokens 3 to 258 are, would be held back until
# they make up a letter.
ENDLESS = {'ignore_eos': True, 'logit_bias': [[token, False] for token in range(3, 259)]}


def chat(model, **more):
    return {'model': model, 'messages': [{'role': 'user', 'content': 'hello'}], 'max_tokens': 8, **more}
