import { open } from "node:fs/promises";

/** How files begin that often stand where a model should be, and what to do about each. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^$/, "empty"],
  [
    /^version https:\/\/git-lfs\.github\.com\//,
    "a Git LFS pointer, not the file that it stands for; run `git lfs pull` where it comes from",
  ],
  [
    /^(?:\.\.\/)*(?:\.git)?\/annex\/objects\//,
    "a git-annex pointer, not the file that it stands for; run `git annex get` where it comes from",
  ],
  [/^(?:\xEF\xBB\xBF)?\s*<(?:!doctype|html|head|body|\?xml|!--)/i, "a web page; download the file itself"],
  [/^\s*\{\s*"/, "JSON, perhaps the error of a download server; download the file itself"],
  [/^PK[^ -~]{2}|^\x80[^ -~]/, "a ZIP archive or a checkpoint of PyTorch; unpack or export it"],
  [/^[^ -~]\x8B/, "compressed with gzip; unpack it"],
  [/^\x89HDF\r\n/, "an HDF5 file, as Keras writes; export it as ONNX"],
];

/** Enough of a file to tell its kind, bytes. */
const HEAD_BYTES = 512;

/** What a file is that is certainly no model, as the end of a sentence; null for any other file. */
export async function notAModel(path: string): Promise<string | null> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.toString("latin1", 0, bytesRead);
    return kinds.find(([form]) => form.test(head))?.[1] ?? null;
  } finally {
    await file.close();
  }
}
