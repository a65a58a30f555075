"""A bundled ResNet generator in PyTorch, for bench/live-peers.ts. It replies to each line on stdin with a line of JSON.

usage: live_peers_torch.py folder-of-the-generator size threads
"""
import copy
import json
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "models" / "training"))
from generators import ResnetGenerator  # noqa: E402
from vgg19 import read_safetensors  # noqa: E402

from torch_forms import fastest  # noqa: E402

folder, size, threads = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
card = json.loads((folder / "card.json").read_text())
form = card["architecture"]
network = ResnetGenerator(form["channels"], form["blocks"], norm=form["norm"], upsampling=form["upsampling"], separable=form["separable"])
network.load_state_dict({name: torch.as_tensor(value).float() for name, value in read_safetensors(folder / card["model"]).items()})
network.eval()
picture = torch.sin(torch.arange(3 * size * size, dtype=torch.float64) / 37).float().reshape(1, 3, size, size)



def build(memory_format, compiled):
    arranged = copy.deepcopy(network).to(memory_format=memory_format)
    run = compiled(arranged)
    value = picture.contiguous(memory_format=memory_format)
    return lambda: run(value)


with torch.inference_mode():
    run, detail = fastest(build)
    print(json.dumps({"name": f"PyTorch {torch.__version__}", "detail": detail}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        answer = run()
        ms = 1000 * (time.perf_counter() - start)
        print(json.dumps({"ms": ms, "power": float(answer.pow(2).mean())}), flush=True)
