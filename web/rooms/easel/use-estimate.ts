import { useEffect, useState } from "react";
import { execute, mayPass } from "../../graphql/execute";
import { type Network, PaceQuery } from "../../graphql/operations";
import { untilReached } from "../../graphql/subscribe";
import { type Recipe, settingsOf } from "../../session/recipe";
import { estimate, type Measured, measuredOf, pixelsOf } from "./estimate";
import type { Range } from "./range";
import { courseTime, modelsOf } from "./step-times";
import { useStepTimes } from "./use-step-times";

/**
 * How long a painting will take: from similar paintings on this server, else from the times of steps that the server has
 * measured, or is measuring. Null where neither is possible, such as for a network that is not on the server.
 */
export function useEstimate(recipe: Recipe, network: Network | null, photoUrl: string): Range | "measuring" | null {
  const [measured, setMeasured] = useState<readonly Measured[]>([]);
  const [proportions, setProportions] = useState<{ width: number; height: number } | null>(null);
  const model = network?.state === "READY" ? network.id : null;
  const { optimizer, steps, scales, draft, size } = settingsOf(recipe);
  const timesOf = useStepTimes(model === null ? [] : modelsOf({ model, draft }));

  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    untilReached(() => execute(PaceQuery, {}, signal), signal, mayPass).then(
      ({ sessions }) => setMeasured(measuredOf(sessions.edges.map(({ node }) => node))),
      // Without it the estimate is less exact; the gallery shows a lost connection.
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
  const course = { model, size, steps, scales, draft };
  const plan = { model, optimizer, steps, scales, draft, pixels: pixelsOf(proportions, size) };
  const range = estimate(plan, measured) ?? courseTime(course, proportions, timesOf);
  return range ?? (modelsOf(course).some((one) => timesOf(one) === null) ? "measuring" : null);
}
