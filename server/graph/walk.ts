import type { Node } from "./node.js";

/** Every node that `outputs` are computed from, themselves included, each after what it reads. */
export function inOrder(outputs: Iterable<Node>): Node[] {
  const ordered = new Set<Node>();
  const open = new Set<Node>();
  const stack = [...outputs].reverse();
  while (stack.length > 0) {
    const node = stack[stack.length - 1] as Node;
    if (ordered.has(node)) stack.pop();
    else if (open.has(node)) {
      stack.pop();
      ordered.add(node);
    } else {
      open.add(node);
      for (const input of [...node.inputs].reverse()) if (!ordered.has(input)) stack.push(input);
    }
  }
  return [...ordered];
}
