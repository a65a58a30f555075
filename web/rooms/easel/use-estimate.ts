import { useEffect, useState } from "react";
import { execute } from "../../graphql/execute";
import { PaceQuery } from "../../graphql/operations";
import { type Recipe, settingsOf } from "../../session/recipe";
import { estimate, type Measured, measuredOf, pixelsOf } from "./estimate";

/** How long a painting will take, ms, estimated from earlier ones on this server; null without similar ones. */
export function useEstimate(recipe: Recipe, model: string | null, photoUrl: string): number | null {
  const [measured, setMeasured] = useState<readonly Measured[]>([]);
  const [proportions, setProportions] = useState<{ width: number; height: number } | null>(null);

  useEffect(() => {
    const ending = new AbortController();
    execute(PaceQuery, {}, ending.signal).then(
      ({ sessions }) => setMeasured(measuredOf(sessions.edges.map(({ node }) => node))),
      // Without it the page shows no estimate; the gallery shows a lost connection.
      () => undefined,
    );
    return () => ending.abort();
  }, []);

  useEffect(() => {
    const image = new Image();
    image.onload = () => setProportions({ width: image.naturalWidth, height: image.naturalHeight });
    image.src = photoUrl;
    return () => {
      image.onload = null;
    };
  }, [photoUrl]);

  if (model === null || !proportions) return null;
  const { optimizer, steps, scales, draft, size } = settingsOf(recipe);
  return estimate({ model, optimizer, steps, scales, draft, pixels: pixelsOf(proportions, size) }, measured);
}
