import { useEffect, useState } from "react";
import { execute, mayPass } from "../../graphql/execute";
import { StepTimesQuery } from "../../graphql/operations";
import { untilReached } from "../../graphql/subscribe";
import type { StepTimes } from "./step-times";

/** Time between two questions while the server has not measured a network yet, ms. */
const AGAIN_MS = 1500;

/** The times of steps by network, null until the server has measured them. */
export function useStepTimes(models: readonly string[]): (model: string) => StepTimes | null {
  const [known, setKnown] = useState<ReadonlyMap<string, StepTimes>>(new Map());
  const missing = models.filter((model) => !known.has(model)).join();

  useEffect(() => {
    if (missing === "") return;
    const ending = new AbortController();
    const { signal } = ending;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const asked = missing.split(",");
      const query = (model: string) => untilReached(() => execute(StepTimesQuery, { model }, signal), signal, mayPass);
      const answers = await Promise.all(asked.map(query));
      if (signal.aborted) return;
      const found = answers.flatMap(({ server }, at): [string, StepTimes][] => (server.stepTimes ? [[asked[at]!, server.stepTimes]] : []));
      if (found.length > 0) setKnown((before) => new Map([...before, ...found]));
      else repeat();
    };
    // Without an answer the page shows no estimate.
    const begin = () => void ask().catch(() => undefined);
    const repeat = () => {
      timer = setTimeout(() => (document.hidden ? repeat() : begin()), AGAIN_MS);
    };
    begin();
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [missing]);

  return (model) => known.get(model) ?? null;
}
