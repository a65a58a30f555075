import { useEffect, useRef, useState } from "react";
import { execute } from "../../../graphql/execute";
import { PictureAtQuery } from "../../../graphql/operations";
import { Coalescer } from "../../../parts/coalescer";

/** Another painting of the same family. */
export interface Relative {
  id: string;
  name: string;
}

export interface RelativePicture {
  name: string;
  step: number;
  url: string;
}

interface Wish {
  relative: Relative;
  step: number;
}

/** A relative's picture at a step, or its newest if it has fewer steps; null until there is one. */
export function useRelativePicture(relative: Relative | null, step: number): RelativePicture | null {
  const [picture, setPicture] = useState<(RelativePicture & { id: string }) | null>(null);
  const loader = useRef<Coalescer<Wish>>(null);

  useEffect(() => {
    loader.current ??= new Coalescer<Wish>({
      everyMs: 100,
      merge: (_waiting, newer) => newer,
      async work(wish) {
        const found = await pictureAt(wish);
        if (found) setPicture({ ...found, id: wish.relative.id, name: wish.relative.name });
      },
    });
    if (relative) loader.current.offer({ relative, step });
  }, [relative, step]);

  return picture?.id === relative?.id ? picture : null;
}

/** Null when the request fails: the next picture of this painting asks again. */
async function pictureAt({ relative, step }: Wish): Promise<{ step: number; url: string } | null> {
  try {
    const { session } = await execute(PictureAtQuery, { id: relative.id, step });
    return session?.frames.edges[0]?.node ?? session?.latestFrame ?? null;
  } catch {
    return null;
  }
}
