import { useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";

/** Time before the address names the step on show, ms: browsers refuse addresses that change too often. */
const ADDRESS_AFTER_MS = 300;

/** The earlier step on show, null for now. The address names it, so that a reload or a link leads to it. */
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
