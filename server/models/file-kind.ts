import { open } from "node:fs/promises";

/** How a kind of file begins, what it is, and what to do about it. */
type Kind = readonly [form: RegExp, name: string, advice: string];

/** Kinds of files that often arrive in place of the file that was meant. */
const substitutes: readonly Kind[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\//,
    "a Git LFS pointer",
    ", not the file that it stands for; run `git lfs pull` where it comes from",
  ],
  [
    /^(?:\.\.\/)*(?:\.git)?\/annex\/objects\//,
    "a git-annex pointer",
    ", not the file that it stands for; run `git annex get` where it comes from",
  ],
  [/^(?:\xEF\xBB\xBF)?\s*<(?:!doctype|html|head|body|\?xml|!--)/i, "a web page", "; download the file itself"],
  [/^\s*\{\s*"/, "JSON", ", perhaps the error of a download server; download the file itself"],
];

/** Kinds of files that are no model, though they may hold one. */
const others: readonly Kind[] = [
  [/^$/, "empty", ""],
  [/^PK[^ -~]{2}|^\x80[^ -~]/, "a ZIP archive or a checkpoint of PyTorch", "; unpack or export it"],
  [/^[^ -~]\x8B/, "compressed with gzip", "; unpack it"],
  [/^\x89HDF\r\n/, "an HDF5 file", ", as Keras writes; export it as ONNX"],
];

/** Enough of a file to tell its kind, bytes. */
export const HEAD_BYTES = 512;

/** What a file is that is certainly no model, with advice, as the end of a sentence; null for any other file. */
export async function notAModel(path: string): Promise<string | null> {
  const [, name, advice] = kindAmong([...substitutes, ...others], await headOf(path)) ?? [];
  return name === undefined ? null : `${name}${advice}`;
}

/** What came in place of a file that begins with `head`, as the end of a sentence; null where that may be the file. */
export function substituteFor(head: Uint8Array): string | null {
  return kindAmong(substitutes, head)?.[1] ?? null;
}

/** The first bytes of a file. */
export async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function kindAmong(kinds: readonly Kind[], head: Uint8Array): Kind | undefined {
  const text = Buffer.from(head).toString("latin1");
  return kinds.find(([form]) => form.test(text));
}
