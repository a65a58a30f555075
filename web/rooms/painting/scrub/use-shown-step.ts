import { useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";

/** How long a step is shown before the address names it, ms: browsers refuse addresses that change too often. */
const ADDRESS_AFTER_MS = 300;

/** The step that somebody looks back at, null for now. The address names it, so that a reload and a link lead there. */
export function useShownStep(): [number | null, (step: number | null) => void] {
  const named = useSearchParams().get("step");
  const [step, setStep] = useState<number | null>(() => parse(named));

  useEffect(() => {
    const timer = setTimeout(() => {
      const address = new URL(location.href);
      if (parse(address.searchParams.get("step")) === step) return;
      if (step === null) address.searchParams.delete("step");
      else address.searchParams.set("step", String(step));
      history.replaceState(null, "", address);
    }, ADDRESS_AFTER_MS);
    return () => clearTimeout(timer);
  }, [step]);

  return [step, setStep];
}

function parse(text: string | null): number | null {
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : null;
}
