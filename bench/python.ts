import { spawnSync } from "node:child_process";

/**
 * Path of a Python with PyTorch 2, the peer of several benchmarks: `PYTHON`, or the system's.
 * @throws Error that says how to install one.
 */
export function pythonWithTorch(): string {
  const python = process.env.PYTHON ?? "python3";
  const { stdout } = spawnSync(python, ["-c", "import torch; print(torch.__version__)"], { encoding: "utf8" });
  if (/^[2-9]\./.test(stdout ?? "")) return python;
  throw new Error(
    [
      `${python} has no PyTorch 2, with which this benchmark compares. Install it outside the repository, and name it in PYTHON:`,
      "  python3 -m venv FOLDER && FOLDER/bin/pip install torch numpy && export PYTHON=FOLDER/bin/python",
    ].join("\n"),
  );
}
